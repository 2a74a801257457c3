/** Words of the generated datasets; several of them tell of the same people and things. */

export const WOMEN: readonly string[] =
  `Ada Bea Cora Dora Ella Fay Gina Hana Iris Judy Kira Lena Mona Nora Olga Pia Rosa Sara Tina Vera`.split(
    ' ',
  );
const MEN: readonly string[] =
  `Abe Ben Carl Dan Ed Finn Gus Hugo Ian Jack Karl Leo Max Nils Otto Paul Rob Sam Tom Walt`.split(' ');
export const PEOPLE: readonly string[] = [...WOMEN, ...MEN];

/** Kinds of beings that do not exist. */
export const KINDS: readonly string[] = [
  'bl',
  'd',
  'fl',
  'g',
  'gr',
  'j',
  'l',
  'n',
  'r',
  'sn',
  'sw',
  't',
  'v',
  'w',
  'y',
  'z',
].flatMap((onset) => ['imp', 'orp', 'ump', 'ell', 'ibe', 'oon', 'erg'].map((rime) => onset + rime));

export const CAUSES: readonly string[] =
  `rust mould frost damp heat salt rot wind rain ice fire lime moss sand mud acid wax oil tar
chalk`.split(/\s+/);
export const EFFECTS: readonly string[] =
  `noise smoke dust glare smell fog hum drift foam glow steam shade haze static slack leakage panic delay
friction pressure vibration corrosion swelling shrinkage fading cracking bending sagging`.split(/\s+/);
