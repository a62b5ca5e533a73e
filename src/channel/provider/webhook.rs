//! Our own webhook: JSON, signed as standardwebhooks.com has it. Pure.
//!
//! The signature is over the id, the second and the body, so nobody can change one,
//! and an old request cannot be played again. The id is the same on every attempt:
//! a receiver drops what it has already.

use reqwest::Url;
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;

use super::{Moment, sign};
use crate::{
    calendar::civil,
    channel::{Post, http::Request},
};

/// A receiver.
#[derive(Clone, Debug)]
pub(super) struct Receiver {
    pub url: Url,
    /// The key of the signature, its bytes as they stand in the file.
    pub secret: SecretString,
}

impl Receiver {
    /// The request for a post.
    pub fn send(&self, post: &Post, moment: &Moment<'_>) -> Request {
        let body = json!({
            "id": post.id,
            "kind": post.kind,
            "title": post.title,
            "text": post.body,
            "tickets": post.tickets,
            "sent_at": civil::iso(moment.now),
        });
        let (body, seconds) = (body.to_string(), moment.now.timestamp());
        let signed = format!("{}.{seconds}.{body}", post.id);
        let signature = sign::base64(&sign::hmac(self.secret.expose_secret().as_bytes(), signed.as_bytes()));
        let mut request = Request::post(self.url.as_str(), "application/json; charset=utf-8", body.into_bytes());
        request.headers.extend([
            ("webhook-id".to_owned(), post.id.clone()),
            ("webhook-timestamp".to_owned(), seconds.to_string()),
            ("webhook-signature".to_owned(), format!("v1,{signature}")),
        ]);
        request
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_post_is_json_and_its_signature_covers_id_second_and_body() {
        let receiver =
            Receiver { url: "https://oa.example.org/hook".parse().unwrap(), secret: SecretString::from("key") };
        let post = Post {
            id: "00000000000000a1".to_owned(),
            kind: "overdue-1".to_owned(),
            title: "【热线】逾期催办".to_owned(),
            body: "工单20260915000001".to_owned(),
            tickets: vec!["20260915000001".to_owned()],
            ..Post::default()
        };
        let moment = Moment::shown("2026-09-01T01:02:03Z".parse().unwrap(), "");
        let request = receiver.send(&post, &moment);
        let body = String::from_utf8(request.body).unwrap();
        assert_eq!(
            body,
            "{\"id\":\"00000000000000a1\",\"kind\":\"overdue-1\",\"title\":\"【热线】逾期催办\",\
             \"text\":\"工单20260915000001\",\"tickets\":[\"20260915000001\"],\"sent_at\":\"2026-09-01T09:02:03+08:00\"}"
        );
        // Made by another program, over `00000000000000a1.1788224523.` and the body.
        let signature = "v1,Xj4oJSdvfCzKh42Uba2y2CNZdXYyLLBNbHVAVIvwiJ4=";
        assert_eq!(request.headers[3], ("webhook-signature".to_owned(), signature.to_owned()));
    }
}
