/** Calling codes by country (ITU-T E.164), digits only. */
export const callingCodes: Readonly<Record<string, string>> = {
  AE: '971', AR: '54', AT: '43', AU: '61', BE: '32', BG: '359', BR: '55', CA: '1', CH: '41', CL: '56', CN: '86', CO: '57', CY: '357',
  CZ: '420', DE: '49', DK: '45', EE: '372', EG: '20', ES: '34', FI: '358', FR: '33', GB: '44', GR: '30', HK: '852', HR: '385',
  HU: '36', ID: '62', IE: '353', IL: '972', IN: '91', IS: '354', IT: '39', JP: '81', KE: '254', KR: '82', LI: '423', LT: '370',
  LU: '352', LV: '371', MT: '356', MX: '52', MY: '60', NG: '234', NL: '31', NO: '47', NZ: '64', PE: '51', PH: '63', PL: '48',
  PT: '351', RO: '40', RS: '381', RU: '7', SA: '966', SE: '46', SG: '65', SI: '386', SK: '421', TH: '66', TR: '90', TW: '886',
  UA: '380', US: '1', VN: '84', ZA: '27',
};

/** What is dialled before a national number and dropped after a country code (ITU-T E.164.1); a country that is not named has none. */
export const trunkPrefixes: Readonly<Record<string, string>> = {
  AE: '0', AR: '0', AT: '0', AU: '0', BE: '0', BG: '0', BR: '0', CA: '1', CH: '0', CN: '0', DE: '0', EG: '0', FI: '0', FR: '0',
  GB: '0', HR: '0', HU: '06', ID: '0', IE: '0', IL: '0', IN: '0', JP: '0', KE: '0', KR: '0', MY: '0', NG: '0', NL: '0', NZ: '0',
  PE: '0', PH: '0', RO: '0', RS: '0', RU: '8', SA: '0', SE: '0', SI: '0', SK: '0', TH: '0', TR: '0', TW: '0', UA: '0', US: '1',
  VN: '0', ZA: '0',
};
