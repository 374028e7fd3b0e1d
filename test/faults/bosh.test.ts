import { describeSeeds } from "./seeds.ts";

// A poll and a message make two exchanges a message: a fault every few messages.
describeSeeds("bosh", [1, 2, 3, 4, 5, 6], 8);
