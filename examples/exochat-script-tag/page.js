/* global exoChat */
document.addEventListener("DOMContentLoaded", () => {
  exoChat.initialize(window.EXOCHAT_CONFIG);
  // Everything that fails is told here, typed, with what to do about it.
  exoChat.on("error", (error) => console.error(error.code, error.message, error.info.remedy ?? ""));
});
