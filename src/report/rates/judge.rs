//! What a round of a ticket is to a rate: counted, left out, or no matter of it.

use chrono::{DateTime, NaiveDate, Utc};

use super::{
    Rate, Span,
    course::{Contact, Course, Done, Excluded, Out},
};
use crate::{
    planner::End,
    rules::rates::{
        ConclusionRate, ContactRate, ExcludedFrom, FeedbackRate, HandlingRate, Rates, SatisfactionRate, WhichRevisit,
    },
    ticket::{Moment, Satisfaction, value::Answer},
};

/// What a round is to a rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It belongs to another period, or has no such duty.
    Elsewhere,
    /// It would belong here, and is not counted.
    Left(Out),
    /// It counts, with so many hundredths of one.
    Counts(u32),
}

/// Judges by the readings, for a span, as of an instant.
#[derive(Clone, Copy, Debug)]
pub(super) struct Judge<'a> {
    pub rates: &'a Rates,
    pub span: Span,
    pub cut: DateTime<Utc>,
}

impl Judge<'_> {
    /// One of the four rates of what units do.
    pub(super) fn of_duty(&self, rate: Rate, course: &Course) -> Verdict {
        let verdict = match rate {
            Rate::FirstContact => self.first_contact(course),
            Rate::Handling => self.handling(course),
            Rate::Conclusion => self.conclusion(course),
            Rate::Feedback => self.feedback(course),
            Rate::Satisfaction => Verdict::Elsewhere,
        };
        let is_out = match course.excluded {
            Excluded::Approved if self.rates.excluded == ExcludedFrom::All => Some(Out::Excluded),
            Excluded::Approved | Excluded::No => None,
        };
        match (verdict, course.out.or(is_out)) {
            (Verdict::Counts(_) | Verdict::Left(_), Some(out)) => Verdict::Left(out),
            (verdict, _) => verdict,
        }
    }

    fn first_contact(&self, course: &Course) -> Verdict {
        if self.rates.first_contact == ContactRate::Platform {
            return self.by_platform(course);
        }
        self.within_contact(course, |contact| {
            let contacted = contact.contacted.is_some_and(|at| contact.end.is_after(at));
            let by_sms = contact.sms.is_some_and(|at| at < contact.end.due);
            match self.rates.first_contact {
                ContactRate::ContactOnly | ContactRate::Platform => contacted,
                ContactRate::ContactOrSms => contacted || by_sms,
            }
        })
    }

    /// The platform counts by the time of conclusion.
    fn by_platform(&self, course: &Course) -> Verdict {
        match course.concluded {
            Done::At(at) if self.span.contains(at.day()) => match course.platform {
                Some(Answer::Yes) => Verdict::Counts(100),
                Some(Answer::No) => Verdict::Counts(0),
                None => Verdict::Left(Out::PlatformSilent),
            },
            Done::At(_) | Done::No | Done::Undated => Verdict::Elsewhere,
        }
    }

    fn handling(&self, course: &Course) -> Verdict {
        let in_time = |contact: &Contact, at: Option<Moment>| at.is_some_and(|at| contact.end.is_after(at));
        match self.rates.handling {
            HandlingRate::FirstAction => self.within_contact(course, |contact| in_time(contact, contact.action)),
            HandlingRate::Accepted => self.within_contact(course, |contact| in_time(contact, contact.accepted)),
            HandlingRate::SameAsConclusion => self.conclusion(course),
        }
    }

    /// Of the first-contact limits that end in the span.
    fn within_contact(&self, course: &Course, met: impl Fn(&Contact) -> bool) -> Verdict {
        let Some(contact) = &course.contact else { return Verdict::Elsewhere };
        match self.ended(contact.end) {
            Ended::Elsewhere => Verdict::Elsewhere,
            Ended::NotYet => Verdict::Left(Out::Pending),
            // The old unit is not blamed for what ends after its assignment.
            Ended::Here if contact.returned.is_some_and(|at| contact.end.is_after(at)) => {
                Verdict::Left(Out::AssignmentOver)
            }
            Ended::Here => counted(met(contact)),
        }
    }

    fn conclusion(&self, course: &Course) -> Verdict {
        let Some(end) = course.conclusion else { return self.without_end(course) };
        let judged = match self.rates.conclusion {
            ConclusionRate::ByConcluded => return self.by_concluded(course, end),
            ConclusionRate::ByEnd => course.concluded,
            ConclusionRate::UpstreamFeedback => course.upstream,
        };
        match (self.ended(end), judged) {
            (Ended::Elsewhere, _) => Verdict::Elsewhere,
            (Ended::NotYet, _) => Verdict::Left(Out::Pending),
            (Ended::Here, Done::No) => Verdict::Counts(0),
            (Ended::Here, Done::At(at)) => counted(end.is_after(at)),
            (Ended::Here, Done::Undated) => Verdict::Left(Out::Undated),
        }
    }

    fn by_concluded(&self, course: &Course, end: End) -> Verdict {
        match course.concluded {
            Done::At(at) if self.span.contains(at.day()) => counted(end.is_after(at)),
            Done::At(_) | Done::No => Verdict::Elsewhere,
            // Where it belongs nobody knows; it is shown where its limit ended.
            Done::Undated => match self.ended(end) {
                Ended::Here => Verdict::Left(Out::Undated),
                Ended::Elsewhere | Ended::NotYet => Verdict::Elsewhere,
            },
        }
    }

    /// A ticket whose limit cannot be counted is shown where it was concluded.
    fn without_end(&self, course: &Course) -> Verdict {
        match course.concluded {
            Done::At(at) if self.span.contains(at.day()) => Verdict::Left(Out::NoDeadline),
            Done::At(_) | Done::No | Done::Undated => Verdict::Elsewhere,
        }
    }

    fn feedback(&self, course: &Course) -> Verdict {
        let Done::At(concluded) = course.concluded else { return Verdict::Elsewhere };
        if !self.span.contains(concluded.day()) {
            return Verdict::Elsewhere;
        }
        let Some(end) = course.feedback else { return Verdict::Left(Out::NoDeadline) };
        match (self.rates.feedback, course.fed_back) {
            (FeedbackRate::InTime, Done::At(at)) => counted(end.is_after(at)),
            (FeedbackRate::AnyTime, Done::At(_) | Done::Undated) => Verdict::Counts(100),
            (FeedbackRate::InTime, Done::Undated) => Verdict::Left(Out::Undated),
            (FeedbackRate::InTime | FeedbackRate::AnyTime, Done::No) if end.due > self.cut => {
                Verdict::Left(Out::Pending)
            }
            (FeedbackRate::InTime | FeedbackRate::AnyTime, Done::No) => Verdict::Counts(0),
        }
    }

    /// 市民满意率, of all rounds of a ticket: the place of the round whose rating
    /// counts, and what it is.
    pub(super) fn satisfaction(&self, rounds: &[Course]) -> Option<(usize, Verdict)> {
        let all = rounds.iter().enumerate().flat_map(|(place, course)| {
            course.ratings.iter().map(move |(at, satisfaction)| (place, *at, *satisfaction))
        });
        let (mut here, mut undated) = (Vec::new(), None);
        for (place, at, satisfaction) in all {
            match at {
                Some(at) if self.span.contains(at.day()) => here.push((at.at(), place, satisfaction)),
                Some(_) => {}
                None => undated = self.undated(place, &rounds[place], satisfaction),
            }
        }
        // An answer counts before the silence of another revisit.
        if here.iter().any(|(_, _, satisfaction)| *satisfaction != Satisfaction::Unrated) {
            here.retain(|(_, _, satisfaction)| *satisfaction != Satisfaction::Unrated);
        }
        here.sort_by_key(|(at, place, _)| (*at, *place));
        let chosen = match self.rates.revisit {
            WhichRevisit::Last => here.last(),
            WhichRevisit::First => here.first(),
        };
        let Some((_, place, satisfaction)) = chosen else { return undated };
        let course = &rounds[*place];
        let verdict = match (course.out, course.excluded) {
            (Some(out), _) => Verdict::Left(out),
            (None, Excluded::Approved) => Verdict::Left(Out::Excluded),
            (None, Excluded::No) => self.worth(*satisfaction),
        };
        Some((*place, verdict))
    }

    /// A rating without a time is shown where the ticket was concluded.
    fn undated(&self, place: usize, course: &Course, satisfaction: Satisfaction) -> Option<(usize, Verdict)> {
        let Done::At(concluded) = course.concluded else { return None };
        let is_answer = satisfaction != Satisfaction::Unrated;
        (is_answer && self.span.contains(concluded.day())).then_some((place, Verdict::Left(Out::Undated)))
    }

    fn worth(&self, satisfaction: Satisfaction) -> Verdict {
        let weights = self.rates.weights;
        let weighted = match satisfaction {
            Satisfaction::Satisfied => weights.satisfied,
            Satisfaction::Basic => weights.basic,
            Satisfaction::Fair => weights.fair,
            Satisfaction::Dissatisfied => weights.dissatisfied,
            Satisfaction::Unrated => return Verdict::Left(Out::Unrated),
        };
        match self.rates.satisfaction {
            SatisfactionRate::Weighted => Verdict::Counts(weighted),
            SatisfactionRate::Simple => counted(matches!(satisfaction, Satisfaction::Satisfied | Satisfaction::Basic)),
        }
    }

    fn ended(&self, end: End) -> Ended {
        match self.span.contains(end.day) {
            false => Ended::Elsewhere,
            true if end.due > self.cut => Ended::NotYet,
            true => Ended::Here,
        }
    }
}

/// Whether a limit ended within the span.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ended {
    Elsewhere,
    NotYet,
    Here,
}

fn counted(met: bool) -> Verdict {
    Verdict::Counts(if met { 100 } else { 0 })
}

impl Span {
    /// Whether a day lies in it.
    pub fn contains(self, day: NaiveDate) -> bool {
        (self.from..=self.to).contains(&day)
    }
}
