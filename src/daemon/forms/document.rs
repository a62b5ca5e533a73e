//! Forms as documents, from the tickets as they stand now.

use std::collections::HashMap;

use chrono::{DateTime, Utc};

use super::{FormFault, subject::About};
use crate::{
    calendar::civil,
    notice::{Fact, Kind, Notice, Role},
    outbox::{IssuedForm, Outbox},
    planner::{self, Policy, TicketFacts, Told, View, Watch},
    report::forms::{BatchForm, BatchTicket, Head, Member, Named, OrderForm, Settings},
    roster::Roster,
    rules::{Count, Standing, deadline, standing::standing},
    source::Store,
    ticket::{Citizen, Reader, Ticket, TicketNo},
};

/// What forms are made from.
#[derive(Clone, Copy)]
pub struct Sources<'a> {
    pub store: &'a Store,
    pub outbox: &'a Outbox,
    pub reader: &'a Reader,
    pub policy: &'a Policy,
    pub watch: Watch,
    pub settings: &'a Settings,
}

/// A ticket with all that is known of it.
struct Whole {
    ticket: Ticket,
    citizen: Citizen,
    facts: TicketFacts,
    standing: Standing,
}

/// What the form of a ticket gets from the notice that told of it, while it is wanted.
#[derive(Default)]
struct Hints {
    cause: Option<String>,
    answer_due: Option<String>,
}

impl Sources<'_> {
    /// The document of a form; `members` are the tickets of its group, if it is of one.
    ///
    /// # Errors
    ///
    /// When store or ledger cannot be read, or its ticket is gone.
    pub async fn docx(
        &self,
        form: &IssuedForm,
        members: &[TicketNo],
        now: DateTime<Utc>,
    ) -> Result<Vec<u8>, FormFault> {
        let about = About::read(&form.subject);
        match about.ok_or_else(|| FormFault::Subject { form: form.text(), subject: form.subject.clone() })? {
            About::Ticket { no, kind, .. } => self.order(form, &no, kind, now).await,
            About::Group { kind, .. } => self.batch(form, members, kind, now).await,
        }
    }

    async fn order(
        &self,
        form: &IssuedForm,
        no: &TicketNo,
        kind: Option<Kind>,
        now: DateTime<Utc>,
    ) -> Result<Vec<u8>, FormFault> {
        let gone = || FormFault::Gone { form: form.text(), no: no.clone() };
        let whole = self.read(std::slice::from_ref(no), now).await?.remove(no).ok_or_else(gone)?;
        let told: Vec<Told> = self.outbox.told(std::slice::from_ref(no)).await?.into_iter().map(told).collect();
        let Whole { ticket, facts, standing, .. } = &whole;
        let view = View { ticket, facts, outcomes: &[], told: &told };
        let (_, plan) = planner::wanted(view, self.policy, self.watch, now);
        let notice = plan.notices.iter().find(|notice| super::subject_of(notice) == form.subject);
        let hints = notice.map(Hints::of).unwrap_or_default();
        let cause = if kind == Some(Kind::Overdue3) { Some("逾期第3日".to_owned()) } else { hints.cause };
        let mut reminders: Vec<(DateTime<Utc>, Kind)> = told
            .iter()
            .filter(|told| told.round == standing.round && told.at < form.issued && reminds(told.kind))
            .map(|told| (told.at, told.kind))
            .collect();
        reminders.sort();
        let mut reminders: Vec<String> =
            reminders.into_iter().map(|(at, kind)| OrderForm::reminder(at, kind)).collect();
        reminders.dedup();
        let order = OrderForm {
            cause: cause.unwrap_or_default(),
            named: self.named(ticket, form.issued),
            overdue: self.overdue(standing, form.issued),
            reminders,
            answer_due: hints.answer_due.unwrap_or_else(|| self.answer_due(ticket, form.issued)),
            ..OrderForm::of(head(form), ticket, standing)
        };
        Ok(order.docx(self.settings)?)
    }

    async fn batch(
        &self,
        form: &IssuedForm,
        members: &[TicketNo],
        kind: Option<Kind>,
        now: DateTime<Utc>,
    ) -> Result<Vec<u8>, FormFault> {
        let mut wholes = self.read(members, now).await?;
        let mut there = Vec::with_capacity(members.len());
        let mut gone = Vec::new();
        for no in members {
            match wholes.remove(no) {
                Some(Whole { ticket, citizen, standing, .. }) => {
                    let unit = self.unit(&ticket).unwrap_or_else(|| "待定".to_owned());
                    there.push(Member { ticket, citizen, standing, unit });
                }
                None => gone.push(BatchTicket::gone(no)),
            }
        }
        let day = civil::day_of(form.issued);
        let desk = self.policy.roster.as_deref().map(|roster| roster.people(Role::Desk, None, None, day).people);
        let handler = desk.and_then(|desk| desk.first().map(|person| person.name.to_string())).unwrap_or_default();
        let mut batch = BatchForm::of(head(form), handler, &there);
        batch.tickets.extend(gone);
        if kind == Some(Kind::BatchFormIssued) {
            batch.cause = BatchForm::REPEATED.to_owned();
        }
        Ok(batch.docx(self.settings)?)
    }

    /// Tickets as the store shows them now; those that are gone are left out.
    async fn read(&self, nos: &[TicketNo], now: DateTime<Utc>) -> Result<HashMap<TicketNo, Whole>, FormFault> {
        let rows = self.store.read(nos).await?;
        let mut facts: HashMap<TicketNo, TicketFacts> = HashMap::new();
        for fact in self.outbox.facts_of(nos).await? {
            facts.entry(fact.ticket).or_default().add(&fact.what, &fact.value, fact.first_seen);
        }
        let mut wholes = HashMap::with_capacity(rows.len());
        for ticket in rows {
            let Ok((ticket, citizen)) = self.reader.read(&ticket.rows) else { continue };
            let facts = facts.remove(&ticket.no).unwrap_or_default();
            let standing = standing(&ticket, &facts.rounds, &self.policy.calendar, &self.policy.rules, now);
            wholes.insert(ticket.no.clone(), Whole { ticket, citizen, facts, standing });
        }
        Ok(wholes)
    }

    fn roster(&self) -> Option<&Roster> {
        self.policy.roster.as_deref()
    }

    /// The lead unit under its present name.
    fn unit(&self, ticket: &Ticket) -> Option<String> {
        let written = ticket.units.first()?;
        let known = self.roster().and_then(|roster| roster.unit(written));
        Some(known.map_or_else(|| written.to_string(), |unit| unit.name.to_string()))
    }

    /// Who answers for the ticket; a role that nobody holds is left blank.
    fn named(&self, ticket: &Ticket, at: DateTime<Utc>) -> Named {
        let day = civil::day_of(at);
        let of = |role: Role| {
            let resolved = self.roster()?.people(role, ticket.units.first().map(|unit| &**unit), None, day);
            let names: Vec<&str> = resolved.people.iter().map(|person| &*person.name).collect();
            resolved.fell_back.is_none().then(|| names.join("、"))
        };
        Named {
            unit: self.unit(ticket).unwrap_or_else(|| "待定".to_owned()),
            chief: of(Role::Chief).unwrap_or_default(),
            deputy: of(Role::Deputy).unwrap_or_default(),
            handler: ticket.handler.as_deref().map(str::to_owned).or_else(|| of(Role::Handler)).unwrap_or_default(),
        }
    }

    /// `3个工作日`; empty if the ticket is not overdue at `at`.
    fn overdue(&self, standing: &Standing, at: DateTime<Utc>) -> String {
        use crate::rules::{Class, settings::UrgentLadder};
        let Some(due) = standing.conclusion.filter(|due| due.due <= at) else { return String::new() };
        let natural = standing.class == Class::Urgent && self.policy.rules.ladder.urgent == UrgentLadder::Natural;
        let mode = if natural { Count::Days(1) } else { due.mode() };
        let today = civil::day_of(at);
        let days = match mode {
            Count::Days(_) => Some((today - due.day).num_days()),
            Count::Workdays(_) => self.policy.calendar.workdays_between(due.day, today).ok(),
        };
        days.filter(|days| *days > 0).map_or_else(|| "不足1日".into(), |days| format!("{days}{}", mode.unit()))
    }

    /// A28: by the order's own date, else within five working days.
    fn answer_due(&self, ticket: &Ticket, issued: DateTime<Utc>) -> String {
        let written = ticket.supervision.due.map(|due| due.day()).filter(|day| *day > civil::day_of(issued));
        if let Some(day) = written {
            return format!("{day} 24:00");
        }
        let count = Count::Workdays(self.policy.rules.ladder.supervision_workdays);
        let counted = deadline::step(&self.policy.calendar, civil::day_of(issued), count);
        counted.map_or_else(|_| "未知".into(), |(day, _, _)| format!("{day} 24:00"))
    }
}

impl Hints {
    fn of(notice: &Notice) -> Self {
        let text = |name: &str| match notice.facts.get(name) {
            Some(Fact::Text(text)) => Some(text.clone()),
            Some(Fact::Flag(_) | Fact::Number(_) | Fact::List(_)) | None => None,
        };
        Self { cause: text("cause"), answer_due: text("ds") }
    }
}

fn head(form: &IssuedForm) -> Head {
    Head { year: form.year, number: form.number, issued: form.issued }
}

fn told(told: crate::outbox::Told) -> Told {
    Told { round: told.round, kind: told.kind, at: told.at }
}

/// Whether a kind reminds of the end of the conclusion limit.
fn reminds(kind: Kind) -> bool {
    matches!(kind, Kind::DueSoon | Kind::DueToday | Kind::DueFinal | Kind::Overdue1 | Kind::Overdue2)
}
