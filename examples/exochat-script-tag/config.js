// Your tenant. The token can be read by everybody who opens the page: prefer tokenProvider or connectionProvider.
window.EXOCHAT_CONFIG = {
  CHAT_SERVICE_DOMAIN: "https://omni.example.com:4440",
  CMS_SERVICE_DOMAIN: "https://omni.example.com:4433",
  CONVERSE_BOSH_SERVICE_URL: "https://omni.example.com:4442/http-bind/",
  AUTH_TOKEN: "RestrictedToken <token>",
  contactCenterId: 1,
  campaignId: 1,
  nodeflowId: 5,
  processId: 4,
};
