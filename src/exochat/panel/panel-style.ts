/** Style of the panel's shadow root. A constructed sheet: a page without `style-src 'unsafe-inline'` allows it. */
export const PANEL_STYLE = `
:host { all: initial; position: fixed; inset: auto 16px 88px auto; z-index: 2147483000; color-scheme: light dark;
  font: 15px/1.45 system-ui, sans-serif; --bg: #fff; --fg: #16202c; --soft: #eef1f5; --line: #8693a3; --bad: #a3121f; }
:host([hidden]) { display: none; }
@media (prefers-color-scheme: dark) { :host { --bg: #131a22; --fg: #eef3f8; --soft: #253140; --line: #7d8ca0; --bad: #ff9aa2; } }
* { box-sizing: border-box; font: inherit; color: inherit; }
.panel { width: min(360px, calc(100vw - 32px)); height: min(540px, calc(100vh - 110px)); display: flex; flex-direction: column;
  background: var(--bg); color: var(--fg); border: 1px solid var(--line); border-radius: 12px; overflow: hidden; box-shadow: 0 8px 32px #0004; }
.bar { display: flex; gap: 8px; align-items: center; padding: 10px 14px; background: var(--theme); color: var(--on-theme); }
h2 { margin: 0; flex: 1; font-weight: 600; color: inherit; }
.bar button { color: inherit; background: none; border: 1px solid currentcolor; }
button { padding: 6px 12px; min-height: 32px; border-radius: 8px; border: 1px solid var(--line); background: var(--soft); cursor: pointer; }
button.main { background: var(--theme); color: var(--on-theme); border-color: var(--theme); }
button:disabled { opacity: .6; cursor: default; }
:focus-visible { outline: 3px solid #4c9ffe; outline-offset: 2px; }
.log { flex: 1; overflow-y: auto; }
ol { list-style: none; margin: 0; padding: 12px; display: flex; flex-direction: column; gap: 8px; }
li { max-width: 85%; padding: 7px 11px; border-radius: 10px; background: var(--soft); overflow-wrap: anywhere; white-space: pre-wrap; }
li.mine { align-self: flex-end; background: var(--theme); color: var(--on-theme); }
li.system { align-self: center; background: none; border: 1px dashed var(--line); }
li small { display: block; opacity: .85; font-size: 12px; }
li.failed { outline: 2px solid var(--bad); }
.status { padding: 4px 14px; min-height: 28px; font-size: 13px; white-space: pre-wrap; }
.status.bad { color: var(--bad); font-weight: 600; }
form { display: flex; flex-wrap: wrap; gap: 8px; padding: 10px 14px; border-top: 1px solid var(--line); align-items: end; }
label { display: flex; flex-direction: column; gap: 3px; flex: 1 1 100%; font-size: 13px; }
form.compose label { flex: 1 1 60%; }
input, textarea { width: 100%; padding: 7px 9px; border-radius: 8px; border: 1px solid var(--line); background: var(--bg); font-size: 15px; }
fieldset { border: 0; margin: 0; padding: 0; flex: 1 1 100%; }
fieldset div { display: flex; gap: 10px; }
fieldset label { flex: 0 0 auto; flex-direction: row; align-items: center; font-size: 15px; }
fieldset input { width: auto; }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
[hidden] { display: none !important; }
@media (prefers-reduced-motion: no-preference) { .panel { animation: rise .15s ease-out; } @keyframes rise { from { transform: translateY(12px); opacity: 0; } } }
`;
