import { list, record, text } from "../../../src/kit/read.ts";

/** A stretch of time in which the business is open, or is not. */
export interface CxShift {
  name: string;
  start: Date;
  end: Date;
  /** `false` for holidays and absences. */
  open: boolean;
}

/** Reads what `GET {calendarUrl}/calendars/events` answers; what has no time that can be read is left out. */
export function decodeCalendar(answer: unknown): CxShift[] {
  return list(record(answer)["events"]).flatMap((value) => {
    const event = record(value);
    // The documentation writes business_hours, the service BUSINESS_HOURS.
    const open = text(event["type"]).toUpperCase() === "BUSINESS_HOURS";
    const shifts = list(event["shifts"]);
    return (shifts.length > 0 ? shifts : [event]).flatMap((shift) => toShift(record(shift), open));
  });
}

function toShift({ name, startTime, endTime }: Readonly<Record<string, unknown>>, open: boolean): CxShift[] {
  const [start, end] = [new Date(text(startTime)), new Date(text(endTime))];
  return Number.isNaN(start.getTime()) || Number.isNaN(end.getTime()) ? [] : [{ name: text(name), start, end, open }];
}

/** Whether the business is open at that moment: inside opening hours, and inside nothing that closes it. */
export function isOpenAt(shifts: readonly CxShift[], at: Date): boolean {
  const now = shifts.filter(({ start, end }) => start <= at && at < end);
  return now.length > 0 && now.every(({ open }) => open);
}

/** When it opens next, or `undefined` when the calendar does not say. */
export function opensNext(shifts: readonly CxShift[], at: Date): Date | undefined {
  const starts = shifts.filter(({ open, start }) => open && start > at).map(({ start }) => start);
  return starts.toSorted((a, b) => a.getTime() - b.getTime()).find((start) => isOpenAt(shifts, start));
}
