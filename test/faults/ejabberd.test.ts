import { describeSeeds } from "./seeds.ts";

describeSeeds("bosh", [11, 13], 8, { server: "ejabberd" });
describeSeeds("websocket", [13, 14], 40, { server: "ejabberd" });
describeSeeds("websocket", [15], 40, { server: "ejabberd", resumed: true });
