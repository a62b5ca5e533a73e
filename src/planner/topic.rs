//! Art. 6(4): a burst of tickets about one matter in one town.

use chrono::{DateTime, Utc};

use crate::{
    notice::{Batch, Fact, Facts, Kind, Notice, Occurrence, Subject},
    rules::burst::{Burst, Topic},
};

use super::{Plan, Policy, Watch, words};

/// hot-topic, once a burst and day.
pub fn topic(topic: &Topic, bursts: &[Burst], policy: &Policy, watch: Watch, now: DateTime<Utc>) -> Plan {
    let mut plan = Plan::default();
    for burst in bursts.iter().filter(|burst| burst.at >= watch.floor(&policy.rules)) {
        if burst.at > now {
            plan.wake(burst.at);
            continue;
        }
        let subject = Subject::Topic { topic: topic.to_string(), day: burst.day };
        plan.notices.push(Notice {
            category: Some(topic.category.clone()),
            batch: Batch::Alone,
            facts: facts(topic, burst),
            ..Notice::new(Kind::HotTopic, subject, Occurrence::Once, burst.at)
        });
    }
    plan
}

fn facts(topic: &Topic, burst: &Burst) -> Facts {
    let mut facts = Facts::new();
    let mut put = |name: &str, value: Fact| facts.insert(name.into(), value);
    put("town", words::text(topic.town.as_ref()));
    put("cat", words::text(words::category(Some(&topic.category), topic.subcategory.as_deref())));
    put("cat1", words::text(topic.category.as_ref()));
    put("n", words::number(i64::try_from(burst.tickets.len()).unwrap_or(i64::MAX)));
    put("nos", Fact::List(burst.tickets.iter().map(|no| no.as_str().to_owned()).collect()));
    put("from", words::text(words::event(burst.from)));
    put("to", words::text(words::event(burst.to)));
    put("notice_id", words::text(format!("{}/{topic}/{}", Kind::HotTopic, burst.day)));
    facts
}
