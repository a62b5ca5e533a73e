//! Postfix itself as the mail server: what lies in the mailbox, who is refused, and
//! a stop in between.

use duban::{
    channel::Letter,
    notice::{Outcome, Refusal},
};
use serde_json::json;

use crate::peers::{mail, mail_channel, now, postfix::Postfix, tls::Certificates};

/// The letter under another id, which another attempt of the same would have kept.
fn another() -> Letter {
    match mail("zhou@example.org") {
        Letter::Email(mail) => Letter::Email(duban::channel::Mail {
            message_id: "T.1.r1_overdue-2@example.org".to_owned(),
            body: "您好。\n第二封\n".to_owned(),
            ..mail
        }),
        other => other,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mail_lies_in_the_mailbox_as_it_was_written_whatever_happens_in_between() {
    let certificates = Certificates::made();
    let mut postfix = Postfix::started(&certificates);
    let ca = format!("tls = \"starttls\"\nca_file = \"{}\"\n", certificates.ca().display());
    let channel = mail_channel(postfix.port, &ca);

    let sent = channel.send(&mail("zhou@example.org"), now()).await;
    let Outcome::Accepted(receipt) = &sent else { panic!("{sent:?}") };
    assert!(receipt.0.as_ref().is_some_and(|id| !id.is_empty()), "Postfix tells its queue id: {receipt:?}");
    let read = postfix.mails(1);
    let expected = json!({
        "subject": "【甲】逾期督办",
        "from": [["市12345,督办", "duban@example.org"]],
        "to": [["周经办", "zhou@example.org"]],
        "message_id": "<T.1.r1_overdue-1@example.org>",
        "references": "<T.1@example.org>",
        "date": "2026-09-15T09:00:00+08:00",
        "defects": [],
    });
    for (field, value) in expected.as_object().unwrap() {
        assert_eq!(read[0][field], *value, "{field}: {read:#?}");
    }
    // Base64 keeps the line ends of the wire.
    assert_eq!(read[0]["texts"]["text/plain"], "您好。\r\n.开头有点\r\n", "{read:#?}");

    let nobody = channel.send(&mail("nobody@example.org"), now()).await;
    assert!(matches!(&nobody, Outcome::Refused(Refusal::Recipient(why)) if why.code == "smtp-550"), "{nobody:?}");
    // A server that does not carry our mail at all says nothing of the address.
    let elsewhere = channel.send(&mail("zhou@elsewhere.example"), now()).await;
    assert_eq!(elsewhere.class(), "channel-down", "{elsewhere:?}");

    // The kept connection ends with the server.
    postfix.stop();
    let stopped = channel.send(&another(), now()).await;
    assert_eq!(stopped.class(), "not-sent", "{stopped:?}");
    assert!(postfix.start());
    let again = channel.send(&another(), now()).await;
    assert_eq!(again.class(), "accepted", "{again:?}");
    let read = postfix.mails(2);
    let mut ids: Vec<_> = read.iter().map(|mail| mail["message_id"].as_str().unwrap()).collect();
    ids.sort_unstable();
    assert_eq!(ids, ["<T.1.r1_overdue-1@example.org>", "<T.1.r1_overdue-2@example.org>"], "each once");

    // Who does not know the authority hands nothing over.
    let stranger = mail_channel(postfix.port, "tls = \"starttls\"\n");
    assert_eq!(stranger.send(&another(), now()).await.class(), "channel-down");
    assert_eq!(postfix.mails(2).len(), 2);
}
