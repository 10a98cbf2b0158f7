-- The customer's segment is of the vendor's records: asked as the owner, answered for the vendor alone.
create function segment_of_registration(of_registration text) returns text
language sql stable security definer set search_path = public
begin atomic
  select r.segment from registration r where r.id = of_registration and app_is_vendor();
end;
revoke execute on function segment_of_registration(text) from public;
grant execute on function segment_of_registration(text) to fairlead_app;
