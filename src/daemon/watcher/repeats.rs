//! Entries of repeat groups, between the rules and the ledger.

use crate::{outbox, rules::repeat::RepeatEntry, ticket::TicketNo};

pub(super) fn to_ledger(entry: &RepeatEntry, identity: &TicketNo) -> outbox::RepeatEntry {
    outbox::RepeatEntry {
        ticket: entry.no.clone(),
        number: entry.number,
        subcategory: entry.subcategory.clone(),
        category: entry.category.clone(),
        town: entry.town.clone(),
        received: entry.received,
        links: entry.links.clone(),
        first: Some(identity.clone()),
    }
}

pub(super) fn from_ledger(entry: outbox::RepeatEntry) -> RepeatEntry {
    RepeatEntry {
        no: entry.ticket,
        number: entry.number,
        subcategory: entry.subcategory,
        category: entry.category,
        town: entry.town,
        received: entry.received,
        links: entry.links,
        meeting: None,
    }
}
