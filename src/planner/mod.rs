//! Ticket, facts seen, settled outcomes and now give the notices wanted.
