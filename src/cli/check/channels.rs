//! Whether the channels could be used.

use std::time::Duration;

use tokio::{net::TcpStream, time::timeout};

use super::Findings;
use crate::config::Loaded;

const AREA: &str = "channels";

/// How long a server may take to answer a connection.
const PATIENCE: Duration = Duration::from_secs(10);

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
    if channels.email.is_empty() && channels.sms.is_empty() {
        found.warning(AREA, "通道:邮件与短信都只写成文件,谁也收不到;接通后改用 email 与 sms 通道");
    }
    let names = channels.email.keys().chain(channels.sms.keys()).chain(channels.file.keys());
    let names: Vec<&str> = names.map(String::as_str).collect();
    found.fine(AREA, format!("通道:{} 的设置可用", names.join("、")));
}

/// Connects to each server that a channel names.
pub async fn connect(loaded: &Loaded, found: &mut Findings) {
    for (name, email) in &loaded.channels.email {
        reach(name, &email.host, email.port(), found).await;
    }
    for (name, sms) in &loaded.channels.sms {
        match sms.url.as_deref().map(reqwest::Url::parse) {
            Some(Ok(url)) if url.host_str().is_some() => {
                let port = url.port_or_known_default().unwrap_or(80);
                reach(name, url.host_str().unwrap_or_default(), port, found).await;
            }
            // A place in the host's name is filled only when an SMS leaves.
            Some(_) | None => found.warning(AREA, format!("通道 {name}:网址中没有固定的主机名,无法试连")),
        }
    }
}

async fn reach(channel: &str, host: &str, port: u16, found: &mut Findings) {
    match timeout(PATIENCE, TcpStream::connect((host.trim_matches(['[', ']']), port))).await {
        Ok(Ok(_)) => found.fine(AREA, format!("通道 {channel}:{host}:{port} 可以连接(未登录、未发送)")),
        Ok(Err(error)) => found.fault(AREA, format!("通道 {channel}:{host}:{port} 无法连接: {error}")),
        Err(_) => {
            let seconds = PATIENCE.as_secs();
            found.fault(AREA, format!("通道 {channel}:{host}:{port} 在 {seconds} 秒内没有应答"));
        }
    }
}
