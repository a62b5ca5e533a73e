use super::*;
use crate::{
    calendar::civil,
    planner::End,
    rules::{
        Rules,
        rates::{
            ConclusionRate, ContactRate, ExcludedFrom, FeedbackRate, HandlingRate, SatisfactionRate, WhichRevisit,
        },
    },
    ticket::{Moment, Satisfaction, value::Answer},
};

fn day(day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 3, day).unwrap()
}

fn at(on: u32, hour: u32) -> Moment {
    Moment::at_instant(civil::at(day(on), hour, 0))
}

fn end(on: u32) -> End {
    End { day: day(on), due: civil::end_of(day(on)) }
}

/// A ticket of Monday 2 March: contact by the 3rd, conclusion by the 5th, all done.
fn course(no: &str) -> Course {
    Course {
        no: TicketNo::new(no),
        round: 1,
        unit: "甲所".into(),
        out: None,
        excluded: Excluded::No,
        contact: Some(Contact {
            end: end(3),
            returned: None,
            contacted: Some(at(2, 10)),
            sms: None,
            accepted: Some(at(2, 9)),
            action: Some(at(2, 9)),
        }),
        conclusion: Some(end(5)),
        concluded: Done::At(at(4, 16)),
        fed_back: Done::At(at(4, 17)),
        feedback: Some(end(5)),
        upstream: Done::At(at(5, 10)),
        ratings: vec![(Some(at(6, 9)), Satisfaction::Satisfied)],
        platform: Some(Answer::Yes),
    }
}

fn rates() -> Rates {
    Rules::embedded().unwrap().rates
}

/// The rates of the week from Monday 2 March, as of the next Monday.
fn report(rates: &Rates, tickets: &[Vec<Course>]) -> RatesReport {
    let span = Span { from: day(2), to: day(8) };
    let mut count = Count::new(rates, span, civil::at(day(9), 9, 0));
    tickets.iter().for_each(|rounds| count.add(rounds));
    count.done()
}

fn share(rates: &Rates, rate: Rate, course: Course) -> (u64, u64) {
    let share = report(rates, &[vec![course]]).all.of(rate).share;
    (share.hundredths, share.of)
}

fn left_out(rates: &Rates, rate: Rate, course: Course) -> Vec<Out> {
    report(rates, &[vec![course]]).all.of(rate).left_out.iter().map(|(_, out)| *out).collect()
}

const MET: (u64, u64) = (100, 1);
const MISSED: (u64, u64) = (0, 1);
const NONE_OF_IT: (u64, u64) = (0, 0);

type Change = fn(&mut Course);

fn changed(change: Change) -> Course {
    let mut course = course("A1");
    change(&mut course);
    course
}

#[test]
fn a_ticket_with_everything_in_time_counts_in_all_five() {
    for rate in Rate::ALL {
        assert_eq!(share(&rates(), rate, course("A1")), MET, "{}", rate.chinese());
    }
}

#[test]
fn each_rate_counts_what_its_row_says() {
    use Rate::{Conclusion, Feedback, FirstContact, Handling};
    let contact = |course: &mut Course, change: fn(&mut Contact)| change(course.contact.as_mut().unwrap());
    let rows: [(&str, Rate, Change, (u64, u64)); 16] = [
        ("contact late", FirstContact, |c| c.contact.as_mut().unwrap().contacted = Some(at(4, 0)), MISSED),
        (
            "contact on a date alone",
            FirstContact,
            |c| c.contact.as_mut().unwrap().contacted = Some(Moment::on_date(day(3))),
            MET,
        ),
        ("no contact", FirstContact, |c| c.contact.as_mut().unwrap().contacted = None, MISSED),
        (
            "SMS in time",
            FirstContact,
            |c| {
                let c = c.contact.as_mut().unwrap();
                c.contacted = None;
                c.sms = Some(at(3, 20).at());
            },
            MET,
        ),
        (
            "SMS late",
            FirstContact,
            |c| {
                let c = c.contact.as_mut().unwrap();
                c.contacted = None;
                c.sms = Some(at(4, 0).at());
            },
            MISSED,
        ),
        ("no unit had it", FirstContact, |c| c.contact = None, NONE_OF_IT),
        ("due after the week", FirstContact, |c| c.contact.as_mut().unwrap().end = end(9), NONE_OF_IT),
        ("nothing done", Handling, |c| c.contact.as_mut().unwrap().action = None, MISSED),
        ("done late", Handling, |c| c.contact.as_mut().unwrap().action = Some(at(4, 8)), MISSED),
        ("concluded late", Conclusion, |c| c.concluded = Done::At(at(6, 0)), MISSED),
        ("concluded in the last second", Conclusion, |c| c.concluded = Done::At(at(5, 23)), MET),
        ("not concluded", Conclusion, |c| c.concluded = Done::No, MISSED),
        ("extended beyond the week", Conclusion, |c| c.conclusion = Some(end(20)), NONE_OF_IT),
        ("fed back late", Feedback, |c| c.fed_back = Done::At(at(6, 0)), MISSED),
        ("not fed back", Feedback, |c| c.fed_back = Done::No, MISSED),
        ("not concluded", Feedback, |c| c.concluded = Done::No, NONE_OF_IT),
    ];
    for (name, rate, change, expected) in rows {
        assert_eq!(share(&rates(), rate, changed(change)), expected, "{}: {name}", rate.chinese());
    }
    let mut late = course("A1");
    contact(&mut late, |contact| contact.contacted = None);
    let told = report(&rates(), &[vec![late]]);
    assert_eq!(told.all.of(FirstContact).against, [TicketNo::new("A1")], "it is named");
}

#[test]
fn what_is_left_out_says_why() {
    use Rate::{Conclusion, Feedback, FirstContact, Satisfaction as Satisfied};
    let rows: [(Rate, Change, Out); 10] = [
        (Conclusion, |c| c.out = Some(Out::Void), Out::Void),
        (FirstContact, |c| c.out = Some(Out::Upstream), Out::Upstream),
        (Satisfied, |c| c.out = Some(Out::Void), Out::Void),
        (FirstContact, |c| c.contact.as_mut().unwrap().returned = Some(at(3, 10)), Out::AssignmentOver),
        (Conclusion, |c| c.concluded = Done::Undated, Out::Undated),
        (Conclusion, |c| c.conclusion = None, Out::NoDeadline),
        (Feedback, |c| c.fed_back = Done::Undated, Out::Undated),
        (
            Feedback,
            |c| {
                c.fed_back = Done::No;
                c.feedback = Some(end(9));
            },
            Out::Pending,
        ),
        (Satisfied, |c| c.ratings = vec![(Some(at(6, 9)), Satisfaction::Unrated)], Out::Unrated),
        (Satisfied, |c| c.ratings = vec![(None, Satisfaction::Satisfied)], Out::Undated),
    ];
    for (rate, change, expected) in rows {
        let course = changed(change);
        assert_eq!(left_out(&rates(), rate, course.clone()), [expected], "{}", rate.chinese());
        assert_eq!(share(&rates(), rate, course), NONE_OF_IT, "{}: {expected:?}", rate.chinese());
    }
}

#[test]
fn a_return_after_the_end_does_not_take_the_blame_away() {
    let returned: Change = |c| {
        let contact = c.contact.as_mut().unwrap();
        contact.returned = Some(at(4, 10));
        contact.contacted = None;
    };
    assert_eq!(share(&rates(), Rate::FirstContact, changed(returned)), MISSED);
}

#[test]
fn a_limit_that_has_not_ended_at_the_cut_is_pending() {
    let rates = rates();
    let mut count = Count::new(&rates, Span { from: day(2), to: day(8) }, civil::at(day(4), 9, 0));
    count.add(&[changed(|c| c.concluded = Done::No)]);
    let told = count.done();
    assert_eq!(told.all.of(Rate::Conclusion).left_out, [(TicketNo::new("A1"), Out::Pending)]);
    assert_eq!(told.all.of(Rate::FirstContact).share.of, 1, "that one has ended");
}

#[test]
fn the_other_readings_count_as_the_settings_say() {
    type Setting = fn(&mut Rates);
    type Row = (&'static str, Rate, Setting, Change, (u64, u64));
    let rows: [Row; 13] = [
        (
            "an SMS is no contact",
            Rate::FirstContact,
            |r| r.first_contact = ContactRate::ContactOnly,
            |c| {
                let c = c.contact.as_mut().unwrap();
                c.contacted = None;
                c.sms = Some(at(3, 9).at());
            },
            MISSED,
        ),
        (
            "the platform says yes",
            Rate::FirstContact,
            |r| r.first_contact = ContactRate::Platform,
            |c| c.contact = None,
            MET,
        ),
        (
            "the platform says no",
            Rate::FirstContact,
            |r| r.first_contact = ContactRate::Platform,
            |c| c.platform = Some(Answer::No),
            MISSED,
        ),
        (
            "the platform is silent",
            Rate::FirstContact,
            |r| r.first_contact = ContactRate::Platform,
            |c| c.platform = None,
            NONE_OF_IT,
        ),
        (
            "only tried, not taken",
            Rate::Handling,
            |r| r.handling = HandlingRate::Accepted,
            |c| c.contact.as_mut().unwrap().accepted = None,
            MISSED,
        ),
        (
            "as the conclusion",
            Rate::Handling,
            |r| r.handling = HandlingRate::SameAsConclusion,
            |c| c.concluded = Done::No,
            MISSED,
        ),
        (
            "open ones do not count",
            Rate::Conclusion,
            |r| r.conclusion = ConclusionRate::ByConcluded,
            |c| c.concluded = Done::No,
            NONE_OF_IT,
        ),
        (
            "ended before the week",
            Rate::Conclusion,
            |r| r.conclusion = ConclusionRate::ByConcluded,
            |c| c.conclusion = Some(End { day: day(1), due: civil::end_of(day(1)) }),
            MISSED,
        ),
        (
            "upstream heard late",
            Rate::Conclusion,
            |r| r.conclusion = ConclusionRate::UpstreamFeedback,
            |c| c.upstream = Done::At(at(6, 9)),
            MISSED,
        ),
        (
            "fed back at last",
            Rate::Feedback,
            |r| r.feedback = FeedbackRate::AnyTime,
            |c| c.fed_back = Done::At(at(8, 9)),
            MET,
        ),
        (
            "a fair rating",
            Rate::Satisfaction,
            |r| r.satisfaction = SatisfactionRate::Simple,
            |c| c.ratings = vec![(Some(at(6, 9)), Satisfaction::Fair)],
            MISSED,
        ),
        (
            "the first of two",
            Rate::Satisfaction,
            |r| r.revisit = WhichRevisit::First,
            |c| c.ratings.push((Some(at(7, 9)), Satisfaction::Dissatisfied)),
            MET,
        ),
        (
            "out of all",
            Rate::Conclusion,
            |r| r.excluded = ExcludedFrom::All,
            |c| c.excluded = Excluded::Approved,
            NONE_OF_IT,
        ),
    ];
    for (name, rate, setting, change, expected) in rows {
        let mut rates = rates();
        setting(&mut rates);
        assert_eq!(share(&rates, rate, changed(change)), expected, "{}: {name}", rate.chinese());
    }
}

#[test]
fn satisfaction_is_the_mean_of_the_weights() {
    use Satisfaction::{Basic, Dissatisfied, Fair, Satisfied, Unrated};
    let tickets: Vec<Vec<Course>> = [Satisfied, Basic, Fair, Dissatisfied, Unrated]
        .into_iter()
        .enumerate()
        .map(|(n, rating)| {
            let mut course = course(&format!("A{n}"));
            course.ratings = vec![(Some(at(6, 9)), rating)];
            vec![course]
        })
        .collect();
    let told = report(&rates(), &tickets);
    let tally = told.all.of(Rate::Satisfaction);
    assert_eq!(tally.share.text(), "60.00%(2.4/4)");
    assert_eq!(tally.against.len(), 3, "all but the satisfied one");
    assert_eq!(tally.left_out, [(TicketNo::new("A4"), Out::Unrated)]);
}

#[test]
fn excluded_tickets_are_left_out_of_satisfaction_alone() {
    let excluded: Change = |c| c.excluded = Excluded::Approved;
    assert_eq!(left_out(&rates(), Rate::Satisfaction, changed(excluded)), [Out::Excluded]);
    assert_eq!(share(&rates(), Rate::Conclusion, changed(excluded)), MET);
}

#[test]
fn the_last_revisit_of_a_ticket_in_the_period_counts_for_the_unit_of_its_round() {
    let mut first = course("A1");
    first.ratings = vec![(Some(at(5, 9)), Satisfaction::Dissatisfied)];
    let mut second = course("A1");
    (second.round, second.unit) = (2, "乙所".into());
    let of = |told: &RatesReport, name: &str| {
        let unit = told.units.iter().find(|unit| &*unit.unit == name);
        unit.map(|unit| unit.rates.of(Rate::Satisfaction).share)
    };
    let told = report(&rates(), &[vec![first.clone(), second.clone()]]);
    assert_eq!(of(&told, "乙所"), Some(Share { hundredths: 100, of: 1 }));
    assert_eq!(of(&told, "甲所"), Some(Share::default()));
    assert_eq!(told.all.of(Rate::Conclusion).share.of, 2, "each round has its own limit");
    // Rated again after the week: the week's figure stays.
    second.ratings = vec![(Some(at(12, 9)), Satisfaction::Satisfied)];
    let told = report(&rates(), &[vec![first, second]]);
    assert_eq!(of(&told, "甲所"), Some(Share { hundredths: 0, of: 1 }));
}

#[test]
fn an_answer_counts_before_the_silence_of_a_later_revisit() {
    let asked_again: Change = |c| c.ratings.push((Some(at(7, 9)), Satisfaction::Unrated));
    assert_eq!(share(&rates(), Rate::Satisfaction, changed(asked_again)), MET);
}

#[test]
fn units_are_ranked_by_exact_rates_and_equal_ones_share_a_place() {
    let of = |unit: &str, n: usize, missed: usize| -> Vec<Vec<Course>> {
        (0..n)
            .map(|i| {
                let mut course = course(&format!("{unit}{i}"));
                course.unit = unit.into();
                if i < missed {
                    course.concluded = Done::No;
                }
                vec![course]
            })
            .collect()
    };
    let tickets = [of("甲所", 4, 1), of("乙所", 8, 2), of("丙所", 3, 1), of("丁所", 2, 0), of(DESK, 1, 0)].concat();
    let told = report(&rates(), &tickets);
    let place = |name: &str| told.units.iter().find(|unit| &*unit.unit == name).unwrap().rank(Rate::Conclusion);
    assert_eq!(["丁所", "甲所", "乙所", "丙所"].map(place), [Some(1), Some(2), Some(2), Some(4)]);
    assert_eq!(place(DESK), None, "the desk is no unit among them");
    let nothing = report(&rates(), &[vec![changed(|c| c.concluded = Done::No)]]);
    assert_eq!(nothing.units[0].rank(Rate::Feedback), None, "a rate of nothing has no place");
}
