/** Base of the errors this folder throws on purpose; each message names the value and the remedy. */
export class TensorError extends Error {
  override get name(): string {
    return this.constructor.name;
  }
}

/** A back end's package is not installed. */
export class MissingPackageError extends TensorError {
  readonly packageName: string;

  constructor(packageName: string, feature: string, cause: unknown) {
    super(`${feature} needs the package ${packageName}. Install it: npm install ${packageName}`, { cause });
    this.packageName = packageName;
  }
}

/** The traced function uses a primitive, or a form of it, that the compiler does not translate. */
export class UnsupportedPrimitiveError extends TensorError {
  readonly primitive: string;

  constructor(primitive: string, detail = 'the compiler has no translation for it') {
    super(`Primitive "${primitive}" is not supported: ${detail}. Write the function without it.`);
    this.primitive = primitive;
  }
}

/** A training step met NaN or infinity; the parameters are those of before the step. */
export class NotFiniteError extends TensorError {
  readonly step: number; // 1 = the first

  constructor(step: number, value: number, what = 'gradient norm') {
    super(
      `Step ${step}: the ${what} is ${value}. ` +
        'The parameters are unchanged: lower the learning rate or check the batch.',
    );
    this.step = step;
  }
}
