import type { SharedDelivery } from "../transport/deliveries.ts";
import type { PostedDelivery } from "./deliveries.ts";
import { decodeOutgoing } from "./operation-codec.ts";
import { decodeError, encodeBody, encodeError, fields, finite, id, oneOf, text, time, type Fields } from "./values.ts";

const STATUSES = ["queued", "sent", "failed", "accepted"] as const;

/** A message on its way as something that can be cloned. */
export function encodePosted({ delivery, ...rest }: PostedDelivery): Fields {
  const { message, error } = delivery;
  const body = encodeBody(message.body);
  return {
    ...rest,
    delivery: { ...delivery, message: { ...message, body }, ...(error && { error: encodeError(error) }) },
  };
}

/** The reverse of {@link encodePosted}. */
export function decodePosted(value: unknown): PostedDelivery | undefined {
  const from = fields(value);
  const delivery = decodeDelivery(fields(from?.["delivery"]));
  const [owner, since] = [text(from?.["owner"]), finite(from?.["since"])];
  return delivery && owner !== undefined && since !== undefined ? { delivery, owner, since } : undefined;
}

function decodeDelivery(from: Fields | undefined): SharedDelivery | undefined {
  const message = decodeOutgoing(fields(from?.["message"]));
  const [queuedAt, status] = [time(from?.["queuedAt"]), oneOf(STATUSES, from?.["status"])];
  if (!from || !message || !queuedAt || !status) return undefined;
  const [error, sent] = [decodeError(from["error"]), fields(from["sent"])];
  const [sentId, acceptedAt] = [id(sent?.["id"]), time(sent?.["acceptedAt"])];
  return {
    message,
    queuedAt,
    status,
    ...(error && { error }),
    ...(sentId !== undefined && acceptedAt && { sent: { id: sentId, acceptedAt } }),
  };
}
