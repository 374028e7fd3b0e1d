import { describeSeeds } from "./seeds.ts";

describeSeeds("bosh", [11], 8, { server: "ejabberd" });
describeSeeds("websocket", [14], 40, { server: "ejabberd" });
describeSeeds("websocket", [15], 40, { server: "ejabberd", resumed: true });
