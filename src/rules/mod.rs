//! The limits of the hotline and the deadlines they give a ticket.
