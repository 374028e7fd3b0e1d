import type { Expertflow } from "./api.ts";
import { createExpertflow } from "./create-expertflow.ts";

export type { Expertflow, ExpertflowAnswer, ExpertflowCallback, ExpertflowEvent, ExpertflowOptions } from "./api.ts";
export { createExpertflow } from "./create-expertflow.ts";
export type { ExpertflowInstance } from "./create-expertflow.ts";

/** One for the page, with the defaults; `createExpertflow` makes others. It does nothing until one of its functions is called. */
const page: Expertflow = /* @__PURE__ */ createExpertflow();

// As the published SDK names them; documented at `Expertflow`.
export const establishConnection: Expertflow["establishConnection"] = page.establishConnection;
export const eventListeners: Expertflow["eventListeners"] = page.eventListeners;
export const chatRequest: Expertflow["chatRequest"] = page.chatRequest;
export const voiceRequest: Expertflow["voiceRequest"] = page.voiceRequest;
export const sendMessage: Expertflow["sendMessage"] = page.sendMessage;
export const sendChatMessage: Expertflow["sendChatMessage"] = page.sendChatMessage;
export const chatEnd: Expertflow["chatEnd"] = page.chatEnd;
export const resumeChat: Expertflow["resumeChat"] = page.resumeChat;
export const sendJoinConversation: Expertflow["sendJoinConversation"] = page.sendJoinConversation;
export const getInitChat: Expertflow["getInitChat"] = page.getInitChat;
export const widgetConfigs: Expertflow["widgetConfigs"] = page.widgetConfigs;
export const getPreChatForm: Expertflow["getPreChatForm"] = page.getPreChatForm;
export const formValidation: Expertflow["formValidation"] = page.formValidation;
export const uploadToFileEngine: Expertflow["uploadToFileEngine"] = page.uploadToFileEngine;
export const setConversationData: Expertflow["setConversationData"] = page.setConversationData;
export const getConversationData: Expertflow["getConversationData"] = page.getConversationData;
export const setConversationDataByCustomerIdentifier: Expertflow["setConversationDataByCustomerIdentifier"] =
  page.setConversationDataByCustomerIdentifier;
export const getConversationDataByCustomerIdentifier: Expertflow["getConversationDataByCustomerIdentifier"] =
  page.getConversationDataByCustomerIdentifier;
export const authenticateRequest: Expertflow["authenticateRequest"] = page.authenticateRequest;
export const getBrowserInfo: Expertflow["getBrowserInfo"] = page.getBrowserInfo;
export const callbackRequest: Expertflow["callbackRequest"] = page.callbackRequest;
export const getCalendarId: Expertflow["getCalendarId"] = page.getCalendarId;
export const getCalendarEvents: Expertflow["getCalendarEvents"] = page.getCalendarEvents;
export const webhookNotifications: Expertflow["webhookNotifications"] = page.webhookNotifications;
export const getFileURL: Expertflow["getFileURL"] = page.getFileURL;
export const pushFormDataAsActivity: Expertflow["pushFormDataAsActivity"] = page.pushFormDataAsActivity;
export const authorizedFetch: Expertflow["authorizedFetch"] = page.authorizedFetch;
export const capitalizeFirstLetter: Expertflow["capitalizeFirstLetter"] = page.capitalizeFirstLetter;
export const modifyUrlPath: Expertflow["modifyUrlPath"] = page.modifyUrlPath;
export const postMessages: Expertflow["postMessages"] = page.postMessages;
export const dialCall: Expertflow["dialCall"] = page.dialCall;
export const registerUser: Expertflow["registerUser"] = page.registerUser;
export const sendInvite: Expertflow["sendInvite"] = page.sendInvite;
export const terminateCurrentSession: Expertflow["terminateCurrentSession"] = page.terminateCurrentSession;
export const closeSession: Expertflow["closeSession"] = page.closeSession;
export const hangUp: Expertflow["hangUp"] = page.hangUp;
export const closeVideo: Expertflow["closeVideo"] = page.closeVideo;
export const audioControl: Expertflow["audioControl"] = page.audioControl;
export const videoControl: Expertflow["videoControl"] = page.videoControl;
export const screenControl: Expertflow["screenControl"] = page.screenControl;
