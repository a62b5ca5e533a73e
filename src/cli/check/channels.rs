//! Whether the channels could be used.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::Findings;
use crate::{
    channel::{self, Channel, tls},
    cli::words,
    config::Loaded,
    telemetry::chain,
};

const AREA: &str = "channels";

/// Checks what can be known without a connection; that the settings fit is known.
pub fn check(loaded: &Loaded, found: &mut Findings) {
    let channels = &loaded.channels;
    for warning in channels.warnings() {
        found.warning(AREA, format!("通道 {}:{}: {}", warning.channel, warning.field, warning.what));
    }
    for (name, file) in &channels.file {
        match std::fs::metadata(&file.dir) {
            Ok(there) if !there.is_dir() => {
                found.fault(AREA, format!("通道 {name}:{} 不是目录", file.dir.display()));
            }
            // What is not there is made by the first run.
            Ok(_) | Err(_) => {}
        }
    }
    for warning in channels.try_out(&loaded.secrets, &loaded.trial()).1 {
        found.warning(AREA, format!("通道 {}:{}: {}", warning.channel, warning.field, warning.what));
    }
    let names = channels.names();
    if names.iter().all(|(kind, _)| *kind == "file") {
        found.warning(AREA, "通道:邮件与短信都只写成文件,谁也收不到;接通后改用 email 与 sms 通道");
    }
    let names: Vec<&str> = names.into_iter().map(|(_, name)| name).collect();
    found.fine(AREA, format!("通道:{} 的设置可用", names.join("、")));
}

/// Goes as far as it can to each server without sending anything.
pub async fn connect(loaded: &Loaded, now: DateTime<Utc>, found: &mut Findings) {
    // A folder of letters needs no server, and opening it would make it.
    let servers = channel::Settings { file: BTreeMap::new(), ..loaded.channels.clone() };
    tls::install();
    match servers.open(&loaded.secrets) {
        Ok(channels) => {
            for channel in channels.iter() {
                probe(channel, now, found).await;
            }
        }
        Err(faults) => faults.iter().for_each(|fault| found.fault(AREA, chain(fault))),
    }
}

async fn probe(channel: &Channel, now: DateTime<Utc>, found: &mut Findings) {
    let name = channel.name();
    let Err(outcome) = channel.probe(now).await else {
        let far = match channel {
            Channel::Email(_) | Channel::Cmpp(_) => "可以登录",
            Channel::Sms(_) | Channel::Provider(_) | Channel::File(_) | Channel::Memory(_) => "可以连接",
        };
        return found.fine(AREA, format!("通道 {name}:{far},未发送任何内容"));
    };
    let (code, detail) = words::failure(&outcome).unwrap_or_default();
    found.fault(AREA, format!("通道 {name}:{} {code} {detail}", outcome.class()));
}
