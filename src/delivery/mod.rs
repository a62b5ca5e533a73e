//! Claims, checks again, renders, sends, settles; the only room that retries.
