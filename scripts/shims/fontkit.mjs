// Stands in for fontkit in the sandbox's bundle, where no font is read from a file.
export const create = () => {
  throw new Error("Only built-in fonts are there.");
};
