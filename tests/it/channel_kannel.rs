//! Kannel itself behind our HTTP gateway: what its centre has, and its reports.

use duban::notice::Outcome;

use crate::peers::{
    gateway::{Do, GatewayPeer},
    kannel::{AtCentre, Kannel},
    now, sms_channel, sms_saying,
};

/// Settings of a channel to it, whose reports go to `port`.
fn settings(user: &str, port: u16) -> String {
    format!(
        "preset = \"kannel\"\nsecrets = {{ password = {{ file = \"p\" }} }}\n\
         query = {{ username = \"{user}\", from = \"10690000\", dlr-mask = \"31\", \
         dlr-url = \"http://127.0.0.1:{port}/dlr?id={{id}}&type=%d&time=%T\" }}\n"
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kannels_centre_has_our_text_and_its_reports_name_our_id() {
    let kannel = Kannel::started();
    let reports = GatewayPeer::doing(Do::text(200, "ok")).await;
    let url = format!("http://127.0.0.1:{}/cgi-bin/sendsms", kannel.port);
    let channel = sms_channel(&url, &settings("duban", reports.port));
    assert!(channel.probe(now()).await.is_ok());

    let text = "【甲】工单\"1\"已逾期&请办理+100%\n𠮷😀<水>";
    let outcome = channel.send(&sms_saying(text), now()).await;
    assert_eq!(outcome.class(), "accepted", "{outcome:?}");
    let (from, to) = ("10690000".to_owned(), "13800012345".to_owned());
    let expected = AtCentre { from, to, header: Vec::new(), text: text.to_owned() };
    assert_eq!(kannel.at_centre(1), [expected]);
    // 8: the centre has it; 1: the telephone has it.
    for report in ["type=8&", "type=1&"] {
        let is_there = || reports.asked().iter().any(|asked| asked.line.contains(report));
        for _ in 0..500 {
            if is_there() {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        assert!(is_there(), "{report} {:?}", reports.asked());
    }
    assert!(reports.asked().iter().all(|asked| asked.line.starts_with("GET /dlr?id=leg/7&type=")));

    let long = format!("【甲】{}", "督办😀".repeat(30));
    assert_eq!(channel.send(&sms_saying(&long), now()).await.class(), "accepted");
    let parts = &kannel.at_centre(3)[1..];
    assert_eq!(parts.iter().map(|part| part.text.as_str()).collect::<String>(), long);
    assert!(parts.iter().all(|part| part.header.starts_with(&[5, 0, 3]) && part.header[4] == 2), "{parts:?}");

    let stranger = sms_channel(&url, &settings("somebody", reports.port)).send(&sms_saying(text), now()).await;
    assert!(matches!(&stranger, Outcome::ChannelDown { why, .. } if why.code == "http-403"), "{stranger:?}");
    drop(kannel);
    assert_eq!(channel.send(&sms_saying(text), now()).await.class(), "not-sent");
}
