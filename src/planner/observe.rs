//! What a row shows that the platform will overwrite, and what the ledger remembers.

use chrono::{DateTime, Utc};

use crate::{
    notice::{Kind, form_number},
    rules::{Grant, RoundFacts, Standing, grant},
    ticket::{AuditResult, Moment, NumberHash, Phone, Satisfaction, Status, Ticket},
};

use super::{
    past::PastRound,
    sights::{Decision, Sight, Version},
};

/// What the ledger remembers of a ticket.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TicketFacts {
    pub rounds: RoundFacts,
    /// Numbers seen in the row, by keyed hash, with the instant of the first sight.
    pub numbers: Vec<(NumberHash, DateTime<Utc>)>,
    /// Supervision orders (督办单) issued for it, in the order they were seen.
    pub orders: Vec<Order>,
    /// Rounds that are over, for the rates.
    pub past: Vec<PastRound>,
    /// Applications for a return, with the unit that made each.
    pub applicants: Vec<(DateTime<Utc>, String)>,
    /// Applications for a return that were decided.
    pub decisions: Vec<Decision>,
    /// What the row shows without a time, and since when.
    pub sights: Vec<(Sight, DateTime<Utc>)>,
    /// Ends of the conclusion limit, as they were computed one after another.
    pub versions: Vec<Version>,
}

/// A supervision order that was issued for a ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Order {
    /// The year of its number.
    pub year: i32,
    /// Its number within the year.
    pub number: u32,
    pub issued: DateTime<Utc>,
}

impl Order {
    /// The order's number as a notice says it: `〔2026〕7号`.
    pub fn text(&self) -> String {
        form_number(self.year, self.number)
    }

    /// Reads what an `order:2026-7` fact is about; its value is the instant of
    /// issue in seconds.
    fn read(name: &str, issued: Option<DateTime<Utc>>) -> Option<Self> {
        let (year, number) = name.split_once('-')?;
        Some(Self { year: year.parse().ok()?, number: number.parse().ok()?, issued: issued? })
    }
}

impl TicketFacts {
    /// Since when a number has stood in the row; `None` for the first one known,
    /// which is taken to have stood there from the start.
    pub fn number_since(&self, hash: NumberHash) -> Option<DateTime<Utc>> {
        let first = self.numbers.iter().min_by_key(|(_, at)| *at)?;
        let this = self.numbers.iter().find(|(number, _)| *number == hash)?;
        (first.0 != hash).then_some(this.1)
    }

    /// Whether the end of a round is remembered.
    fn has_past(&self, round: u16) -> bool {
        self.past.iter().any(|past| past.round == round)
    }

    /// The unit that applied for a return at an instant, if its row was seen then.
    fn applicant(&self, applied: DateTime<Utc>) -> Option<&str> {
        self.applicants.iter().find(|(at, _)| *at == applied).map(|(_, unit)| unit.as_str())
    }

    /// The end computed last in a round.
    pub fn latest_version(&self, round: u16) -> Option<&Version> {
        self.versions.iter().filter(|version| version.round == round).max_by_key(|version| version.n)
    }

    /// Since when the row shows it, if that is known.
    pub fn since(&self, sight: Sight) -> Option<DateTime<Utc>> {
        self.sights.iter().filter(|(known, _)| *known == sight).map(|(_, at)| *at).min()
    }

    /// Takes in a fact as the ledger stored it; an unknown one is left alone.
    pub fn add(&mut self, what: &str, value: &str, first_seen: DateTime<Utc>) {
        let instant = || value.parse::<i64>().ok().and_then(|secs| DateTime::from_timestamp(secs, 0));
        match what.split_once(':').map_or((what, ""), |(what, rest)| (what, rest)) {
            ("number", _) => {
                if let Some(hash) = NumberHash::from_hex(value) {
                    self.numbers.push((hash, first_seen));
                }
            }
            ("dissatisfied", _) => self.rounds.dissatisfied.extend(instant()),
            ("round-start", round) => {
                if let (Ok(round), Some(at)) = (round.parse(), instant()) {
                    self.rounds.round_starts.push((round, at));
                }
            }
            (PastRound::WHAT, round) => {
                self.past.extend(PastRound::read(round, value).filter(|past| !self.has_past(past.round)));
            }
            ("order", name) => {
                // One order may be remembered under several rounds.
                if let Some(order) = Order::read(name, instant())
                    && !self.orders.iter().any(|known| (known.year, known.number) == (order.year, order.number))
                {
                    self.orders.push(order);
                }
            }
            ("return-applied", applied) => {
                let applied = applied.parse().ok().and_then(|secs| DateTime::from_timestamp(secs, 0));
                self.applicants.extend(applied.map(|applied| (applied, value.to_owned())));
            }
            ("return-decided", applied) => self.decisions.extend(Decision::read(applied, value, first_seen)),
            ("extension", approved) => {
                if let (Ok(secs), Ok(days)) = (approved.parse(), value.parse())
                    && let Some(approved) = DateTime::from_timestamp(secs, 0)
                {
                    self.rounds.grants.retain(|grant| grant.approved != approved);
                    self.rounds.grants.push(Grant { approved, days });
                }
            }
            ("seen", name) => {
                if let Some(sight) = Sight::read(name) {
                    self.sights.push((sight, instant().unwrap_or(first_seen)));
                }
            }
            ("due", name) => self.versions.extend(Version::read(name, value, first_seen)),
            _ => {}
        }
    }
}

/// What became of an SMS to the citizen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SmsState {
    /// Queued or being handed over.
    Open,
    /// The gateway took it, or it was delivered.
    Accepted,
    /// It left and no clear answer came.
    Unknown,
    /// Refused, given up, or reported undelivered.
    Failed,
}

/// An SMS to the citizen that was handed over, or tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SmsOutcome {
    pub round: u16,
    pub kind: Kind,
    /// As in its key: empty, or the number's hash.
    pub occurrence: String,
    pub state: SmsState,
    pub at: DateTime<Utc>,
    /// The provider's code, for the desk.
    pub code: String,
}

/// A notice that reached a provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Told {
    pub round: u16,
    pub kind: Kind,
    pub at: DateTime<Utc>,
}

/// A fact to remember.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    pub round: u16,
    pub assignment: Option<DateTime<Utc>>,
    pub what: String,
    pub value: String,
}

/// What of `ticket` is worth remembering and is not known yet.
pub fn observe(ticket: &Ticket, standing: &Standing, known: &TicketFacts) -> Vec<Seen> {
    let mut seen = Vec::new();
    let mut add = |what: String, value: String| {
        let assignment = ticket.dispatched.map(|dispatched| dispatched.at());
        seen.push(Seen { round: standing.round, assignment, what, value });
    };
    // The number matters only while the citizen is still to be reached.
    let reaching = ticket.dispatched.is_some() && ticket.contacted.is_none() && !standing.is_concluded(ticket);
    if let (true, Phone::Mobile(hash) | Phone::Landline(hash)) = (reaching, ticket.phone)
        && !known.numbers.iter().any(|(number, _)| *number == hash)
    {
        add("number".into(), hash.hex());
    }
    if let (Some(Satisfaction::Dissatisfied), Some(revisited)) = (ticket.satisfaction, ticket.revisited)
        && !known.rounds.dissatisfied.contains(&revisited.at())
    {
        add("dissatisfied".into(), revisited.at().timestamp().to_string());
    }
    if let Some(past) = PastRound::seen(ticket, standing).filter(|past| !known.has_past(past.round)) {
        add(format!("{}:{}", PastRound::WHAT, past.round), past.text());
    }
    if let Some(start) = standing.round_start
        && !known.rounds.round_starts.iter().any(|(round, _)| *round == standing.round)
    {
        add(format!("round-start:{}", standing.round), start.at().timestamp().to_string());
    }
    for (what, value) in returns(ticket, known) {
        add(what, value);
    }
    if let Some(granted) = grant::of_row(ticket).filter(|granted| granted.days > 0)
        // The days in the row are those of a later application, if there is one.
        && ticket.extension_applied.is_none_or(|at| at.at() <= granted.approved)
        && !known.rounds.grants.contains(&granted)
    {
        add(format!("extension:{}", granted.approved.timestamp()), granted.days.to_string());
    }
    for sight in sights(ticket).into_iter().filter(|sight| !known.sights.iter().any(|(old, _)| old == sight)) {
        let updated = ticket.updated.filter(|updated| !updated.is_date_only());
        add(format!("seen:{}", sight.text()), updated.map_or_else(String::new, |at| at.at().timestamp().to_string()));
    }
    if let Some(version) = Version::of(ticket, standing)
        && known.latest_version(standing.round).is_none_or(|last| last.due != version.due)
    {
        let n = known.latest_version(standing.round).map_or(1, |last| last.n + 1);
        add(format!("due:{}-{n}", standing.round), version.text());
    }
    seen
}

/// The application for a return and its decision, by the unit that applied.
fn returns(ticket: &Ticket, known: &TicketFacts) -> Vec<(String, String)> {
    let mut seen = Vec::new();
    let of_assignment = |applied: &Moment| ticket.dispatched.is_none_or(|dispatched| !dispatched.is_after(*applied));
    let unit = ticket.units.first();
    let applicant = ticket.return_applied.filter(of_assignment).zip(unit);
    if let Some((applied, unit)) = applicant
        && known.applicant(applied.at()).is_none()
    {
        seen.push((format!("return-applied:{}", applied.at().timestamp()), unit.to_string()));
    }
    if let Some(decision) = Decision::of(ticket)
        && !known.decisions.iter().any(|old| (old.applied, old.result) == (decision.applied, decision.result))
    {
        let unit = known.applicant(decision.applied).or(applicant.map(|(_, unit)| &**unit)).unwrap_or_default();
        seen.push((format!("return-decided:{}", decision.applied.timestamp()), decision.text(unit)));
    }
    seen
}

/// What the row shows without a time.
fn sights(ticket: &Ticket) -> Vec<Sight> {
    let mut sights = Vec::new();
    if ticket.excluded && !ticket.excluded_approved {
        sights.push(Sight::Excluded);
    }
    if ticket.audit_result == Some(AuditResult::Rejected) && ticket.audited.is_none() {
        sights.push(Sight::Rejected);
    }
    if ticket.status == Some(Status::Concluded) && ticket.concluded.is_none() {
        sights.push(Sight::Concluded);
    }
    if ticket.status == Some(Status::ReturnedUpstream) {
        sights.push(Sight::ReturnedUpstream);
    }
    sights.extend(ticket.supervision.causes().map(Sight::Supervised));
    sights
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn add_takes_an_order_once_and_leaves_alone_what_is_none() {
        let mut facts = TicketFacts::default();
        let seen = DateTime::UNIX_EPOCH;
        for (what, value) in [
            ("order:2026-7", "1782262800"),
            ("order:2026-7", "1782262800"),
            ("order:2026-", "1782262800"),
            ("order:7", "1782262800"),
            ("order:2026-8", "soon"),
            ("orders:2026-9", "1782262800"),
        ] {
            facts.add(what, value, seen);
        }
        let issued = DateTime::from_timestamp(1_782_262_800, 0).unwrap();
        assert_eq!(facts.orders, [Order { year: 2026, number: 7, issued }]);
        assert_eq!(facts.orders[0].text(), "〔2026〕7号");
    }
}
