//! A role becomes legs: people by the roster, media by the kind, channels by the
//! settings, and where a way is closed the next one.

use chrono::{DateTime, Utc};

use super::{Carrier, Haste, Means};
use crate::{
    calendar::civil,
    notice::{Kind, Medium, Role, Said},
    outbox::{Ack, CITIZEN, ClaimedLeg, Expansion, GROUP, KeptNotice, NewLeg},
    roster::Person,
};

/// The media tried for a person whom the kind's own media do not reach.
const SPARE: [Medium; 2] = [Medium::Email, Medium::Sms];

impl Means {
    /// The legs of a notice that has come due. Who has acknowledged what it only
    /// says again is left out; the others are told.
    pub(super) fn expansion(&self, notice: &KeptNotice, acks: &[Ack], now: DateTime<Utc>) -> Expansion {
        let legs = match notice.key.role {
            Role::Citizen => self.citizen(notice, now),
            Role::Handler
            | Role::Deputy
            | Role::Chief
            | Role::Desk
            | Role::BureauHotline
            | Role::BureauMatter
            | Role::Ops => self.staff(notice, now),
        };
        let said = Said { subject: &notice.key.subject, kind: notice.key.kind, facts: &notice.facts };
        let is_acked =
            |leg: &NewLeg| acks.iter().any(|ack| ack.person == leg.person && said.is_settled_by(&ack.said()));
        let (left_out, legs) = legs.into_iter().partition(is_acked);
        Expansion { notice: notice.id, legs, left_out }
    }

    fn citizen(&self, notice: &KeptNotice, now: DateTime<Utc>) -> Vec<NewLeg> {
        let haste = Haste::of(notice.urgent);
        self.channels_of(Medium::Sms).take(1).map(|channel| self.leg(CITIZEN, channel.name(), haste, now)).collect()
    }

    fn staff(&self, notice: &KeptNotice, now: DateTime<Utc>) -> Vec<NewLeg> {
        let mut legs = self.legs_of_role(notice.key.role, notice, now);
        if legs.is_empty() {
            legs = self.legs_of_role(Role::Desk, notice, now);
        }
        legs.extend(self.groups(notice, now));
        legs
    }

    /// A leg for each group or program that hears what the role is told. It comes on
    /// top: a group is nobody who must act.
    fn groups(&self, notice: &KeptNotice, now: DateTime<Utc>) -> Vec<NewLeg> {
        let named = notice.unit.as_deref();
        let unit = named.and_then(|unit| self.roster.answering(unit, civil::day_of(now)).ok());
        let unit = unit.map(|unit| &*unit.code);
        let hears = |channel: &dyn Carrier| {
            channel.audience().is_some_and(|audience| audience.hears(notice.key.kind, notice.key.role, unit))
        };
        let hearing =
            self.channels.iter().filter(|channel| hears(channel.as_ref()) && !is_down(notice, channel.name()));
        hearing.map(|channel| self.leg(GROUP, channel.name(), Haste::of(notice.urgent), now)).collect()
    }

    fn legs_of_role(&self, role: Role, notice: &KeptNotice, now: DateTime<Utc>) -> Vec<NewLeg> {
        let day = civil::day_of(now);
        let resolved = self.roster.people(role, notice.unit.as_deref(), notice.category.as_deref(), day);
        let legs = resolved.people.iter().flat_map(|person| {
            let mut legs = self.legs_to(person, notice.key.kind.media(), notice, now);
            if legs.is_empty() {
                legs = self.legs_to(person, &SPARE, notice, now);
                legs.truncate(1);
            }
            legs
        });
        legs.collect()
    }

    /// One leg for each of `media` that reaches the person and has a channel.
    fn legs_to(&self, person: &Person, media: &[Medium], notice: &KeptNotice, now: DateTime<Utc>) -> Vec<NewLeg> {
        let reaching = media.iter().filter(|medium| person.has(**medium));
        let channels =
            reaching.filter_map(|medium| self.channels_of(*medium).find(|channel| !is_down(notice, channel.name())));
        channels.map(|channel| self.leg(&person.id, channel.name(), Haste::of(notice.urgent), now)).collect()
    }

    /// Other ways for a leg that failed: the person's other media, other channels
    /// of the same medium, and then the desk. None for a citizen: that the SMS
    /// failed is a notice of its own.
    pub(super) fn other_ways(&self, person: &str, leg: &ClaimedLeg, failed: &str, now: DateTime<Utc>) -> Vec<NewLeg> {
        let haste = Haste::of(leg.notice.urgent);
        let desk = self.roster.people(Role::Desk, None, None, civil::day_of(now)).people;
        let known = self.roster.person(person);
        let people = known.into_iter().chain(desk.into_iter().filter(|other| &*other.id != person));
        let kind: Kind = leg.notice.key.kind;
        let mut ways = Vec::new();
        // Another group is not this one, and its people have been told by themselves.
        if person == CITIZEN || person == GROUP {
            return ways;
        }
        for person in people {
            for medium in kind.media().iter().chain(&SPARE).filter(|medium| person.has(**medium)) {
                let is_open = |name: &str| name != failed && !is_down(&leg.notice, name);
                let channels = self.channels_of(*medium).filter(|channel| is_open(channel.name()));
                ways.extend(channels.map(|channel| self.leg(&person.id, channel.name(), haste, now)));
            }
        }
        ways
    }

    /// The same way by another channel of the medium, for legs whose channel is
    /// no longer in the settings; nothing was ever handed to it.
    pub(super) fn rerouted(&self, person: &str, medium: Medium, leg: &ClaimedLeg, now: DateTime<Utc>) -> Vec<NewLeg> {
        if person == GROUP {
            return Vec::new();
        }
        let haste = Haste::of(leg.notice.urgent);
        let open = self.channels_of(medium).filter(|channel| !is_down(&leg.notice, channel.name()));
        let same = open.map(|channel| self.leg(person, channel.name(), haste, now));
        same.chain(self.other_ways(person, leg, "", now)).collect()
    }

    fn leg(&self, person: &str, channel: &str, haste: Haste, now: DateTime<Utc>) -> NewLeg {
        let medium = self.channel(channel).map_or(Medium::File, |channel| channel.medium());
        let open = self.settings.quiet.first_open(person, medium, haste, now);
        NewLeg {
            person: person.to_owned(),
            medium,
            channel: channel.to_owned(),
            not_before: (open > now).then_some(open),
        }
    }
}

/// Whether a notice is about this very channel: that it hands nothing over cannot
/// be told by it.
fn is_down(notice: &KeptNotice, channel: &str) -> bool {
    notice.key.kind == Kind::GatewayDown && notice.key.subject.strip_prefix("C/") == Some(channel)
}
