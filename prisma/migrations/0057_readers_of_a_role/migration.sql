-- Who is told what is told to a role: whoever holds it at that time or stands in for one who does, and whether he wants it
-- (`choice` names the preference that it is subject to, `standard` is what a person who never chose gets).
create function role_readers(role_ text, at_ timestamptz, choice text, standard boolean)
returns table (person_id text, wants boolean) language sql stable as $$
  select p.id, choice is null or coalesce((p.preferences -> 'mail' ->> choice)::boolean, standard)
    from (select r.person_id from person_role r where r.role = role_ and at_ >= r.valid_from and at_ < r.valid_to
          union
          select a.deputy_id from absence a join person_role r on r.person_id = a.person_id and r.role = role_
                 and at_ >= r.valid_from and at_ < r.valid_to
           where at_ >= a.from_at and at_ < a.to_at) h
    join person p on p.id = h.person_id and p.side = 'vendor' and p.active
$$;
