import { describeSeeds } from "./seeds.ts";

describeSeeds("bosh", [11, 13], 8, "ejabberd");
describeSeeds("websocket", [13, 14], 40, "ejabberd");
