//! The ways in which providers have requests signed. Pure: keys and texts in,
//! signatures out.

use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use md5::Md5;
use sha2::{Digest, Sha256};

/// SHA-256 in hex.
pub(super) fn sha256_hex(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// MD5 in hex.
pub(super) fn md5_hex(text: &str) -> String {
    hex::encode(Md5::digest(text.as_bytes()))
}

/// HMAC-SHA256.
pub(super) fn hmac(key: &[u8], message: &[u8]) -> Vec<u8> {
    // HMAC takes a key of any length.
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("a key of any length fits");
    mac.update(message);
    mac.finalize().into_bytes().to_vec()
}

/// Base64 with padding, in one line.
pub(super) fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// A request signed by ACS3-HMAC-SHA256.
pub(super) struct Acs3<'a> {
    pub method: &'a str,
    pub path: &'a str,
    /// Sorted and escaped.
    pub query: &'a str,
    /// Names in lower case, sorted.
    pub headers: &'a [(&'a str, &'a str)],
    pub body: &'a [u8],
}

impl Acs3<'_> {
    fn names(&self) -> String {
        self.headers.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(";")
    }

    fn canonical(&self) -> String {
        let headers: String = self.headers.iter().map(|(name, value)| format!("{name}:{}\n", value.trim())).collect();
        let (method, path, query, names) = (self.method, self.path, self.query, self.names());
        format!("{method}\n{path}\n{query}\n{headers}\n{names}\n{}", sha256_hex(self.body))
    }

    /// The value of the header `authorization`.
    pub fn authorization(&self, id: &str, secret: &str) -> String {
        let to_sign = format!("ACS3-HMAC-SHA256\n{}", sha256_hex(self.canonical().as_bytes()));
        let signature = hex::encode(hmac(secret.as_bytes(), to_sign.as_bytes()));
        format!("ACS3-HMAC-SHA256 Credential={id},SignedHeaders={},Signature={signature}", self.names())
    }
}

/// A POST of a body to `/`, signed by TC3-HMAC-SHA256.
pub(super) struct Tc3<'a> {
    pub service: &'a str,
    pub host: &'a str,
    pub content_type: &'a str,
    /// `None`: the action is not signed, as on older pages.
    pub action: Option<&'a str>,
    /// Seconds since 1970.
    pub timestamp: i64,
    /// The day of the timestamp in UTC: before 08:00 it is Beijing's yesterday.
    pub day: &'a str,
    pub body: &'a [u8],
}

impl Tc3<'_> {
    fn names(&self) -> &'static str {
        if self.action.is_some() { "content-type;host;x-tc-action" } else { "content-type;host" }
    }

    fn canonical(&self) -> String {
        let action =
            self.action.map_or_else(String::new, |action| format!("x-tc-action:{}\n", action.to_ascii_lowercase()));
        let (content_type, host, names) = (self.content_type, self.host, self.names());
        let headers = format!("content-type:{content_type}\nhost:{host}\n{action}");
        format!("POST\n/\n\n{headers}\n{names}\n{}", sha256_hex(self.body))
    }

    /// The value of the header `authorization`.
    pub fn authorization(&self, id: &str, secret: &str) -> String {
        let scope = format!("{}/{}/tc3_request", self.day, self.service);
        let hashed = sha256_hex(self.canonical().as_bytes());
        let to_sign = format!("TC3-HMAC-SHA256\n{}\n{scope}\n{hashed}", self.timestamp);
        let date = hmac(format!("TC3{secret}").as_bytes(), self.day.as_bytes());
        let signing = hmac(&hmac(&date, self.service.as_bytes()), b"tc3_request");
        let signature = hex::encode(hmac(&signing, to_sign.as_bytes()));
        let names = self.names();
        format!("TC3-HMAC-SHA256 Credential={id}/{scope}, SignedHeaders={names}, Signature={signature}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn acs3_gives_the_signature_that_the_vendor_publishes() {
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        let request = Acs3 {
            method: "POST",
            path: "/",
            query: "ImageId=win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd&RegionId=cn-shanghai",
            headers: &[
                ("host", "ecs.cn-shanghai.aliyuncs.com"),
                ("x-acs-action", "RunInstances"),
                ("x-acs-content-sha256", empty),
                ("x-acs-date", "2023-10-26T10:22:32Z"),
                ("x-acs-signature-nonce", "3156853299f313e23d1673dc12e1703d"),
                ("x-acs-version", "2014-05-26"),
            ],
            body: b"",
        };
        let hashed = sha256_hex(request.canonical().as_bytes());
        assert_eq!(hashed, "7ea06492da5221eba5297e897ce16e55f964061054b7695beedaac1145b1e259");
        let authorization = request.authorization("YourAccessKeyId", "YourAccessKeySecret");
        let signature = "Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0";
        assert!(authorization.ends_with(signature), "{authorization}");
    }

    #[test]
    fn tc3_gives_the_signature_that_the_vendor_publishes() {
        let body = r#"{"Limit": 1, "Filters": [{"Values": ["\u672a\u547d\u540d"], "Name": "instance-name"}]}"#;
        let stars = "*".repeat(32);
        let request = Tc3 {
            service: "cvm",
            host: "cvm.tencentcloudapi.com",
            content_type: "application/json; charset=utf-8",
            action: Some("DescribeInstances"),
            timestamp: 1_551_113_065,
            day: "2019-02-25",
            body: body.as_bytes(),
        };
        let hashed = sha256_hex(request.canonical().as_bytes());
        assert_eq!(hashed, "7019a55be8395899b900fb5564e4200d984910f34794a27cb3fb7d10ff6a1e84");
        let authorization = request.authorization(&format!("AKID{stars}"), &stars);
        let signature = "Signature=10b1a37a7301a02ca19a647ad722d5e43b4b3cff309d421d85b46093f6ab6c4f";
        assert!(authorization.ends_with(signature), "{authorization}");
    }
}
