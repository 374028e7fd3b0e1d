import { describeSeeds } from "./seeds.ts";

// A message is about three pieces, and most faults end the connection.
describeSeeds("websocket", [1, 2, 3, 4, 5, 6], 40);
describeSeeds("websocket", [8], 40, { resumed: true });
describeSeeds("websocket", [16, 17], 40, { fast: true });
