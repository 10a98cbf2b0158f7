/**
 * Legal forms and words that say nothing about which company is meant, as data, in the spelling that
 * `foldText` leaves (lower case, no accents, initials joined: "S. p. A." is "spa").
 *
 * Sources: the ISO 20275 list of entity legal forms for the countries named, and the abbreviations that
 * companies themselves print.
 */

/** Forms that mean nothing else in any language, dropped whatever the country says. */
export const unmistakableForms: readonly string[] = [
  'inc', 'incorporated', 'corp', 'corporation', 'ltd', 'limited', 'llc', 'llp', 'lllp', 'plc', 'gmbh', 'mbh', 'ges mbh', 'gesmbh',
  'gmbh and co kg', 'gmbh and co kgaa', 'gmbh and co ohg', 'ag and co kg', 'ag and co kgaa', 'se and co kg', 'se and co kgaa',
  'ug and co kg', 'kgaa', 'aktiengesellschaft', 'gesellschaft mit beschrankter haftung', 'sarl', 'sasu', 'societe anonyme',
  'sa de cv', 'sab de cv', 'sapi de cv', 's de rl de cv', 's de rl', 'pty ltd', 'pty limited', 'proprietary limited', 'pvt ltd',
  'private limited', 'pte ltd', 'co ltd', 'company limited', 'kabushiki kaisha', 'aktiebolag', 'aksjeselskap', 'aktieselskab',
  'osakeyhtio', 'naamloze vennootschap', 'besloten vennootschap', 'sp zoo', 'spolka akcyjna', 'spolka z ograniczona odpowiedzialnoscia',
  'sociedad anonima', 'sociedad limitada', 'sociedade anonima', 'societa per azioni', 'societa a responsabilita limitata', 'eood',
  'doo', 'sro', 'spol sro', 'sdn bhd', 'bhd', 'ооо', 'оао', 'зао', 'пао', 'тов',
];

/** Forms that are ordinary words or initials elsewhere ("AS", "SPA", "CO"), dropped at the end of a name from that country only. */
export const formsByCountry: Readonly<Record<string, readonly string[]>> = {
  AE: ['fze', 'fzco', 'fz llc', 'pjsc'],
  AR: ['sa', 'srl', 'sau', 'sas'],
  AT: ['ag', 'kg', 'og', 'eu', 'ges', 'se', 'gesbr', 'eg', 'flexkapg', 'flexco'],
  AU: ['pty', 'nl'],
  BE: ['sa', 'nv', 'bv', 'bvba', 'srl', 'sprl', 'sc', 'scrl', 'cv', 'cvba', 'snc', 'vof', 'se'],
  BR: ['sa', 'ltda', 'me', 'epp', 'eireli', 'cia', 'slu'],
  CA: ['ulc', 'ltee', 'limitee', 'enr', 'co', 'company', 'and co', 'and company', 'lp', 'senc'],
  CH: ['ag', 'sa', 'kg', 'klg', 'snc', 'sagl', 'genossenschaft', 'einzelfirma', 'se'],
  CL: ['sa', 'spa', 'ltda', 'eirl'],
  CN: ['co', 'jsc'],
  CO: ['sa', 'sas', 'ltda'],
  CZ: ['as', 'vos', 'ks', 'zs', 'sp', 'se'],
  DE: ['ag', 'kg', 'ohg', 'gbr', 'ev', 'eg', 'ek', 'ekfm', 'ug', 'ug haftungsbeschrankt', 'ggmbh', 'partg', 'partg mbb', 'partgmbb', 'se', 'co kg', 'and co', 'and co kg', 'invag', 'stiftung and co kg'],
  DK: ['as', 'aps', 'is', 'ks', 'ps', 'ivs', 'amba', 'fmba', 'se'],
  EE: ['as', 'ou'],
  ES: ['sa', 'sl', 'slu', 'sau', 'slne', 'sll', 'sc', 'scoop', 's coop', 'sociedad limitada unipersonal', 'cb', 'aie', 'se'],
  FI: ['oy', 'oyj', 'ab', 'oy ab', 'abp', 'oyj abp', 'ky', 'tmi', 'osk', 'se'],
  FR: ['sa', 'sas', 'snc', 'eurl', 'sci', 'scop', 'scs', 'sca', 'selarl', 'gie', 'ei', 'eirl', 'et cie', 'and cie', 'cie', 'se', 'societe par actions simplifiee', 'societe a responsabilite limitee'],
  GB: ['lp', 'cic', 'cio', 'and co', 'co', 'company', 'and company', 'uk', 'uk ltd', 'unlimited'],
  GR: ['ae', 'epe', 'ike', 'oe', 'ee', 'sa'],
  HU: ['kft', 'zrt', 'nyrt', 'bt', 'kkt', 'rt'],
  IE: ['dac', 'clg', 'uc', 'lp', 'teoranta', 'teo', 'cpt', 'and co', 'company', 'and company'],
  IL: ['bm'],
  IN: ['pvt', 'opc', 'public limited', 'company', 'and co', 'and company'],
  IT: ['spa', 'srl', 'srls', 'sas', 'snc', 'sapa', 'ss', 'scarl', 'scrl', 'scpa', 'soc coop', 'societa cooperativa', 'se'],
  JP: ['kk', 'yk', 'gk', 'co'],
  KR: ['co'],
  LT: ['uab', 'ab', 'mb'],
  LU: ['sa', 'sca', 'scs', 'scsp', 'scsa', 'se'],
  LV: ['sia', 'as'],
  MX: ['sa', 'sab', 'sapi', 'sc', 'ac', 'de cv', 'sofom', 'sofom enr', 'srl de cv'],
  MY: ['plt'],
  NL: ['bv', 'nv', 'vof', 'cv', 'ua', 'ba', 'maatschap', 'se'],
  NO: ['as', 'asa', 'ans', 'da', 'ks', 'sa', 'nuf', 'se'],
  NZ: ['lp'],
  PE: ['sa', 'sac', 'saa', 'srl', 'eirl'],
  PL: ['sa', 'sp j', 'spj', 'sp k', 'spk', 'ska', 'sc', 'psa', 'sp zoo sp k', 'sp zoo spk', 'se'],
  PT: ['sa', 'lda', 'sgps', 'unipessoal', 'unipessoal lda', 'limitada', 'crl', 'se'],
  RO: ['sa', 'srl', 'sc', 'pfa'],
  RU: ['ао', 'ип'],
  SE: ['ab', 'publ', 'ab publ', 'hb', 'kb', 'ek for', 'se'],
  SG: ['pte'],
  SI: ['dd', 'dno'],
  SK: ['as', 'vos', 'ks', 'se'],
  TR: ['as', 'ltd sti', 'sti', 'anonim sirketi'],
  US: ['co', 'company', 'and co', 'and company', 'companies', 'lp', 'pc', 'pllc', 'pbc', 'na', 'nv', 'pa', 'bancorporation', 'sa', 'ag'],
  ZA: ['pty', 'cc', 'npc', 'rf', 'soc'],
};

/** Forms that stand before the name. */
export const leadingFormsByCountry: Readonly<Record<string, readonly string[]>> = {
  DK: ['as'],
  FI: ['oy', 'oy ab', 'ab'],
  FR: ['sarl', 'sas', 'sa', 'sci', 'eurl', 'societe'],
  ID: ['pt', 'cv', 'ud'],
  LT: ['uab', 'ab'],
  LV: ['sia', 'as'],
  NL: ['nv', 'bv'],
  RO: ['sc'],
  RU: ['ооо', 'оао', 'зао', 'пао', 'ао', 'ип'],
  SE: ['ab', 'aktiebolaget'],
  UA: ['тов'],
};

/** Forms of scripts that write no spaces, at either end of a name. */
export const attachedForms: readonly string[] = [
  '株式会社', '有限会社', '合同会社', '合資会社', '合名会社', '一般社団法人', '股份有限公司', '有限责任公司', '有限公司', '股份公司', '주식회사', '유한회사',
];

/** Words that many unrelated names share; left out of the core of a name, never to nothing. */
export const genericWords: readonly string[] = [
  'international', 'intercontinental', 'group', 'groupe', 'gruppe', 'grupo', 'gruppo', 'groep', 'holding', 'holdings', 'global',
  'worldwide', 'company', 'companies', 'co', 'enterprise', 'enterprises', 'the', 'and', 'of', 'und', 'et', 'subsidiary', 'branch',
  'internacional', 'internationale', 'internazionale', 'compania', 'compagnie', 'beteiligungs', 'verwaltungs',
];

/** Abbreviations that people write for whole words of company names, and the word they stand for. */
export const abbreviations: Readonly<Record<string, string>> = {
  acct: 'accounting', admin: 'administration', adv: 'advanced', agri: 'agricultural', amer: 'american', assn: 'association',
  assoc: 'associates', assocs: 'associates', auto: 'automotive', bldg: 'building', bldrs: 'builders', bros: 'brothers',
  chem: 'chemical', cmnty: 'community', comm: 'communications', comms: 'communications', comml: 'commercial', cons: 'consulting',
  const: 'construction', constr: 'construction', cos: 'companies', ctr: 'center', ctrl: 'control', dept: 'department',
  dev: 'development', devt: 'development', dist: 'distribution', distr: 'distribution', ed: 'education', elec: 'electric',
  electr: 'electronics', eng: 'engineering', engg: 'engineering', engrg: 'engineering', ent: 'enterprises', entmt: 'entertainment',
  env: 'environmental', eqpt: 'equipment', equip: 'equipment', exch: 'exchange', fed: 'federal', fin: 'financial', finl: 'financial',
  gen: 'general', govt: 'government', grp: 'group', hldg: 'holding', hldgs: 'holdings', hosp: 'hospital', ind: 'industries',
  inds: 'industries', indus: 'industries', info: 'information', ins: 'insurance', inst: 'institute', instr: 'instruments', int: 'international',
  intl: 'international', inv: 'investments', invs: 'investments', lab: 'laboratories', labs: 'laboratories', log: 'logistics',
  mach: 'machinery', maint: 'maintenance', mat: 'materials', matls: 'materials', mech: 'mechanical', med: 'medical', mfg: 'manufacturing',
  mfrs: 'manufacturers', mgmt: 'management', mgt: 'management', mkt: 'marketing', mktg: 'marketing', mtl: 'metal', mtls: 'materials',
  nat: 'national', natl: 'national', nw: 'northwest', org: 'organization', pac: 'pacific', petro: 'petroleum', pharm: 'pharmaceuticals',
  pharma: 'pharmaceuticals', prod: 'products', prods: 'products', prop: 'properties', props: 'properties', prtnrs: 'partners', ptnrs: 'partners',
  pwr: 'power', rec: 'recreation', rlty: 'realty', rr: 'railroad', sci: 'sciences', sec: 'security', ser: 'services', serv: 'services',
  servs: 'services', soc: 'society', sol: 'solutions', solns: 'solutions', std: 'standard', svc: 'services', svcs: 'services',
  sys: 'systems', syst: 'systems', tech: 'technologies', techs: 'technologies', technol: 'technologies', tel: 'telephone',
  telecom: 'telecommunications', telco: 'telecommunications', trans: 'transportation', transp: 'transportation', univ: 'university',
  util: 'utilities', utils: 'utilities', whse: 'warehouse', whsl: 'wholesale',
};

/** Words of street addresses and their short forms, in the spelling of `foldText`. */
export const streetWords: Readonly<Record<string, string>> = {
  ave: 'avenue', av: 'avenue', blvd: 'boulevard', bd: 'boulevard', bldg: 'building', dr: 'drive', fl: 'floor', hwy: 'highway',
  ln: 'lane', pkwy: 'parkway', pl: 'place', rd: 'road', sq: 'square', st: 'street', ste: 'suite', str: 'strasse', no: '', nr: '',
};
