const UNITS = new Set(
  (
    'mm cm dm km mg kg lb lbs oz ml mL ft yd sq mi mph kph km/h square cubic inch inches foot feet yard yards ' +
    'mile miles millimeter millimeters centimeter centimeters meter meters metre metres kilometer kilometers ' +
    'gram grams kilogram kilograms pound pounds ounce ounces ton tons liter liters litre litres gallon gallons ' +
    'second seconds sec minute minutes min hour hours hr hrs day days week weeks month months year years am pm ' +
    'dollar dollars cent cents euro euros yuan rupees yen degree degrees radian radians unit units point points'
  ).split(' '),
);

/** Whether a word is a unit where it follows a number. Single letters are not: '5 m' may be a product. */
export function isUnitWord(word: string): boolean {
  return UNITS.has(word);
}
