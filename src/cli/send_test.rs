//! `duban send-test`: one letter by one channel, or only the request that would leave.

use serde::Serialize;

use super::{
    Exit, Stop, runtime,
    session::{Form, Session},
    words,
};
use crate::{
    channel::{Channel, Letter, Mail, Post, Sms, message_id, tls},
    config::Loaded,
    message::{Form as Words, form},
    notice::{Medium, Outcome},
    telemetry::chain,
    ticket::Private,
};

/// Sends one test letter by a channel, or shows the exact request without sending it.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The channel's name in the settings.
    #[arg(long)]
    channel: String,
    /// The mobile number or mail address that it goes to; a robot or webhook needs none.
    #[arg(long, default_value = "")]
    to: String,
    /// Only show what would leave, with its secrets masked.
    #[arg(long)]
    dry_run: bool,
    /// The words; the signature is put in front of an SMS.
    #[arg(long, default_value = "这是一条测试消息,请忽略。")]
    text: String,
    /// For a provider of approved texts: the text to fill, named after its notice.
    #[arg(long, value_name = "NAME", default_value = "due-soon")]
    template: String,
    /// A value of that text in place of a made-up one; may be given several times.
    #[arg(long, value_name = "NAME=VALUE")]
    set: Vec<String>,
    /// The id of ours that the request carries; made of the nonce if not given.
    #[arg(long)]
    id: Option<String>,
    /// What is not repeated from one request to the next, to compare two of them.
    #[arg(long, default_value = "1")]
    nonce: String,
}

#[derive(Serialize)]
struct Shown<'a> {
    channel: &'a str,
    request: &'a str,
}

#[derive(Serialize)]
struct Sent<'a> {
    channel: &'a str,
    outcome: &'a str,
    code: Option<&'a str>,
    detail: Option<&'a str>,
    receipt: Option<&'a str>,
}

/// Runs the command.
///
/// # Errors
///
/// Settings at fault, a channel that is not in them, and when the letter was not
/// taken.
pub fn run(args: &Args, session: &mut Session<'_>) -> anyhow::Result<()> {
    let loaded = session.settings()?;
    let channel = open(&args.channel, &loaded)?;
    let letter = letter(args, channel.as_ref(), &loaded)?;
    if args.dry_run {
        let request =
            channel.preview(&letter, session.now, &args.nonce).map_err(|outcome| not_taken(&args.channel, &outcome))?;
        return match session.form {
            Form::Json => session.object(&Shown { channel: &args.channel, request: &request }),
            Form::Text => Ok(session.out.write_all(request.as_bytes())?),
        };
    }
    tls::install();
    let sent = async {
        let outcome = channel.send(&letter, session.now).await;
        channel.close().await;
        outcome
    };
    let outcome = runtime::block_on(sent)?;
    let (code, detail) = words::failure(&outcome).unzip();
    let receipt = match &outcome {
        Outcome::Accepted(receipt) => receipt.0.as_deref(),
        Outcome::NotSent { .. }
        | Outcome::Throttled { .. }
        | Outcome::Refused(_)
        | Outcome::ChannelDown { .. }
        | Outcome::Unknown(_) => None,
    };
    match session.form {
        Form::Json => {
            session.object(&Sent { channel: &args.channel, outcome: outcome.class(), code, detail, receipt })?;
        }
        Form::Text => {
            let rest: String = [code, detail, receipt].into_iter().flatten().map(|word| format!(" {word}")).collect();
            writeln!(session.out, "{}: {}{rest}", args.channel, outcome.class())?;
        }
    }
    match outcome {
        Outcome::Accepted(_) => Ok(()),
        outcome => Err(not_taken(&args.channel, &outcome)),
    }
}

/// Opens the one channel: opening a folder of letters makes it.
fn open(name: &str, loaded: &Loaded) -> anyhow::Result<std::sync::Arc<Channel>> {
    let only = loaded.channels.clone().only(name);
    let channels = only.open(&loaded.secrets).map_err(|faults| {
        let lines: Vec<String> = faults.iter().map(|fault| chain(fault)).collect();
        Stop::bad_input(lines.join("\n"))
    })?;
    channels.get(name).cloned().ok_or_else(|| {
        let names: Vec<&str> = loaded.channels.names().into_iter().map(|(_, name)| name).collect();
        Stop::bad_input(format!("--channel: there is no channel `{name}`; the settings have {}", names.join(", ")))
    })
}

fn letter(args: &Args, channel: &Channel, loaded: &Loaded) -> anyhow::Result<Letter> {
    let wording = &loaded.settings.wording;
    let id = args.id.clone().unwrap_or_else(|| format!("test-{}", args.nonce));
    let to = Private::new(args.to.clone());
    match channel.medium() {
        Medium::Sms => {
            let text = format!("【{}】{}", wording.signature, args.text);
            Ok(Letter::Sms(Sms { id, to, text, form: Some(form(args, loaded)?) }))
        }
        Medium::Email => Ok(Letter::Email(Mail {
            message_id: message_id(&["test", &args.nonce], &domain(loaded)),
            id,
            to_name: String::new(),
            to,
            subject: format!("【{}】测试", wording.subject_prefix),
            body: format!("{}\n", args.text),
            references: Vec::new(),
        })),
        Medium::Chat => Ok(Letter::Chat(post(args, loaded, id))),
        Medium::Webhook => Ok(Letter::Webhook(post(args, loaded, id))),
        Medium::File => Err(Stop::bad_input(format!("--channel: `{}` carries no letters", args.channel))),
    }
}

fn post(args: &Args, loaded: &Loaded, id: String) -> Post {
    let title = format!("【{}】测试", loaded.settings.wording.subject_prefix);
    Post { id, kind: "test".to_owned(), title, body: format!("{}\n", args.text), ..Post::default() }
}

/// A form with made-up values, as wide as they get, and those that were given.
fn form(args: &Args, loaded: &Loaded) -> anyhow::Result<Words> {
    let forms = form::widest(&loaded.templates, &loaded.settings.wording);
    let mut form = forms.into_iter().find(|form| form.name == args.template).ok_or_else(|| {
        let names: Vec<String> = form::needed().collect();
        Stop::bad_input(format!("--template: no SMS is called `{}`; there are {}", args.template, names.join(", ")))
    })?;
    for pair in &args.set {
        let (name, value) = pair
            .split_once('=')
            .filter(|(name, _)| form.values.contains_key(*name))
            .ok_or_else(|| Stop::bad_input(format!("--set: `{pair}` is not NAME=VALUE of a value of this text")))?;
        form.values.insert(name.to_owned(), value.to_owned());
    }
    Ok(form)
}

/// The domain of message ids, that of the first mail channel's sender.
fn domain(loaded: &Loaded) -> String {
    let sender = loaded.channels.email.values().find_map(|email| email.from_address.split_once('@'));
    sender.map_or_else(|| "duban.localhost".to_owned(), |(_, domain)| domain.to_owned())
}

fn not_taken(channel: &str, outcome: &Outcome) -> anyhow::Error {
    let why = words::failure(outcome).map_or_else(String::new, |(code, detail)| format!(": {code} {detail}"));
    Stop { exit: Exit::Failed, text: format!("channel `{channel}`: {}{why}", outcome.class()) }.into()
}
