/** What may be true of a kind or a material, with its words. */
export interface Predicate {
  readonly be?: string; // 'magnetic': "Is it magnetic?"
  readonly have?: string; // 'feathers': "Does it have feathers?"
  readonly act?: readonly [string, string]; // 'rust', 'rusts'
}

/** Things that can be true or false, by the short name that the tables use. */
export const PREDICATES: Readonly<Record<string, Predicate>> = {
  feathers: { have: 'feathers' },
  fur: { have: 'fur' },
  fins: { have: 'fins' },
  gills: { have: 'gills' },
  scales: { have: 'scales' },
  'six-legs': { have: 'six legs' },
  backbone: { have: 'a backbone' },
  roots: { have: 'roots' },
  eggs: { act: ['lay eggs', 'lays eggs'] },
  milk: { act: ['feed its young with milk', 'feeds its young with milk'] },
  walk: { act: ['move from place to place', 'moves from place to place'] },
  magnetic: { be: 'magnetic' },
  clear: { be: 'see-through' },
  soft: { be: 'soft' },
  burn: { act: ['burn in a fire', 'burns in a fire'] },
  rust: { act: ['rust', 'rusts'] },
  float: { act: ['float on water', 'floats on water'] },
  break: { act: ['shatter when dropped', 'shatters when dropped'] },
  conduct: { act: ['conduct electricity', 'conducts electricity'] },
  soak: { act: ['soak up water', 'soaks up water'] },
};

/** What is true (+) and what is not (-) of each kind of living thing, as a rule. */
export const KINDS: Readonly<Record<string, string>> = {
  bird: '+feathers -fur -fins -gills -six-legs +backbone -roots +eggs -milk +walk',
  mammal: '-feathers +fur -gills -scales -six-legs +backbone -roots -eggs +milk +walk',
  fish: '-feathers -fur +fins +gills +scales -six-legs +backbone -roots +eggs -milk',
  insect: '-feathers -fins -gills +six-legs -backbone -roots +eggs -milk +walk',
  reptile: '-feathers -fur -gills +scales -six-legs +backbone -roots +eggs -milk +walk',
  tree: '-feathers -fur -fins -gills -backbone +roots -eggs -milk -walk',
};

/** What is true (+) and what is not (-) of each material. */
export const MATERIALS: Readonly<Record<string, string>> = {
  iron: '+magnetic -clear -soft -burn +rust -float -break +conduct -soak',
  copper: '-magnetic -clear -burn -float -break +conduct -soak',
  gold: '-magnetic -clear -burn -rust -float -break +conduct -soak',
  glass: '-magnetic +clear -soft -burn -rust +break -conduct -soak',
  wood: '-magnetic -clear -soft +burn -rust +float -break -conduct',
  paper: '-magnetic +burn -rust -break -conduct +soak',
  wool: '-magnetic -clear +soft +burn -rust -break -conduct +soak',
  cotton: '-magnetic -clear +soft +burn -rust -break -conduct +soak',
  rubber: '-magnetic -clear -rust -break -conduct -soak',
  leather: '-magnetic -clear -rust -break -conduct',
  stone: '-magnetic -clear -soft -burn -rust -float -conduct',
  clay: '-magnetic -clear -soft -burn -rust +break -conduct',
  wax: '-magnetic -rust +float -conduct -soak',
};

/** Which living things are of which kind. */
export const MEMBERS: Readonly<Record<string, string>> = {
  bird: 'robin, eagle, owl, duck, hen, goose, parrot, sparrow, swan, pigeon',
  mammal: 'dog, cat, cow, horse, sheep, goat, mouse, rabbit, lion, fox, camel, wolf, bear, monkey, donkey',
  fish: 'salmon, trout, herring, goldfish, cod, tuna, carp',
  insect: 'ant, bee, beetle, fly, butterfly, mosquito, wasp, cricket',
  reptile: 'snake, lizard, tortoise, crocodile',
  tree: 'oak, pine, birch, willow, maple, beech',
};

/** Which things are made of which material. */
export const MADE_OF: Readonly<Record<string, string>> = {
  iron: 'nail, horseshoe, anvil, railing',
  copper: 'cable, kettle',
  gold: 'wedding ring, crown',
  glass: 'window, bottle, jar, light bulb',
  wood: 'table, log, ladder, pencil, matchstick, chair',
  paper: 'newspaper, envelope, notebook, napkin',
  wool: 'sweater, scarf, mitten',
  cotton: 'shirt, towel, bed sheet',
  rubber: 'tyre, eraser, bathing cap',
  leather: 'saddle, belt, wallet',
  stone: 'statue, gravestone, millstone',
  clay: 'flowerpot, vase, roof tile',
  wax: 'candle, crayon',
};

/** What only one of the living things above does, as the tables of such things go. */
export const DOES: Readonly<Record<string, string>> = {
  dog: 'barks',
  cat: 'meows',
  cow: 'gives the milk we drink',
  horse: 'neighs',
  sheep: 'gives wool',
  goat: 'bleats and climbs rocks',
  mouse: 'squeaks and steals cheese',
  lion: 'roars',
  camel: 'carries loads across the desert',
  wolf: 'howls at the moon',
  bear: 'sleeps all winter in a cave',
  donkey: 'brays',
  owl: 'hoots at night',
  duck: 'quacks',
  hen: 'lays the eggs we eat',
  parrot: 'learns to talk',
  bee: 'makes honey',
  mosquito: 'sucks blood',
  cricket: 'chirps in the grass',
  snake: 'hisses and has no legs',
  tortoise: 'carries its house',
  salmon: 'jumps up rivers',
  oak: 'bears acorns',
  pine: 'bears cones',
};

/** What one does with the things above. */
export const USES: Readonly<Record<string, string>> = {
  nail: 'hang a picture on',
  anvil: 'hammer hot metal on',
  horseshoe: 'protect a hoof with',
  kettle: 'boil water in',
  cable: 'carry current with',
  crown: 'put on the head of a king',
  'wedding ring': 'give to a bride',
  window: 'look out through',
  jar: 'keep jam in',
  'light bulb': 'light a room with',
  ladder: 'climb on a roof with',
  pencil: 'write with',
  matchstick: 'light a candle with',
  chair: 'sit on at dinner',
  newspaper: 'read the news in',
  envelope: 'post a letter in',
  napkin: 'wipe your mouth with',
  scarf: 'wear around your neck',
  mitten: 'wear on a cold hand',
  towel: 'dry yourself with',
  'bed sheet': 'sleep under',
  eraser: 'rub out a line with',
  tyre: 'put on a wheel',
  saddle: 'ride a horse on',
  belt: 'hold up trousers with',
  wallet: 'keep money in',
  millstone: 'grind grain with',
  vase: 'put cut flowers in',
  flowerpot: 'grow a plant in',
  crayon: 'colour a drawing with',
};
