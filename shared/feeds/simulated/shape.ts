/** The shape of a day over its minutes, equal slices of them, scaled so that the mean of its `power` is 1. */
function shapeOver(shape: readonly number[], minutes: number, power: 1 | 2): Float64Array {
  const mean = shape.reduce((total, value) => total + value ** power, 0) / shape.length;
  const scale = mean ** (-1 / power);
  return Float64Array.from({ length: minutes }, (_, m) => scale * (shape[Math.floor((m * shape.length) / minutes)] as number));
}

/** The shape over days of any number of minutes, each made once: there are few different ones. */
export function shapeBook(shape: readonly number[], power: 1 | 2): (minutes: number) => Float64Array {
  const made = new Map<number, Float64Array>();
  return (minutes) => {
    const known = made.get(minutes);
    if (known !== undefined) return known;
    const fresh = shapeOver(shape, minutes, power);
    made.set(minutes, fresh);
    return fresh;
  };
}
