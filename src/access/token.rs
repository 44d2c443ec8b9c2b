//! Access tokens: JWTs of a quarter of an hour that name a session. They are signed so that nobody
//! has to be asked about a forged one, and the session is looked up all the same, so that an ended
//! one ends them too.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::session::{Place, Session};
use crate::clock::Clock;
use crate::error::{Error, Result};
use crate::id::{SessionId, UserId};

/// How long an access token is good for.
pub const ACCESS_TOKEN_LIFE_S: i64 = 15 * 60;

/// The file of the key inside the data folder.
const KEY_NAME: &str = "token.key";
const KEY_BYTES: usize = 32;

const ISSUER: &str = "cellar";
const AUDIENCE: &str = "cellar-api";

#[derive(Serialize, Deserialize)]
struct Claims {
    sub: UserId,
    sid: SessionId,
    /// What was drawn for this session alone.
    seal: String,
    iat: i64,
    exp: i64,
    aud: String,
    iss: String,
}

/// Whom an access token names.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Named {
    pub(super) session_id: SessionId,
    pub(super) user_id: UserId,
    pub(super) seal: String,
}

/// Signs and reads access tokens.
#[derive(Clone)]
pub struct AccessTokens {
    keys: Arc<Keys>,
    clock: Clock,
}

struct Keys {
    encoding: EncodingKey,
    decoding: DecodingKey,
    /// Keeps networks unreadable in the database; made from the key, and for nothing else.
    places: [u8; 32],
}

impl AccessTokens {
    /// Tokens under the key in this data folder, which is made if it is not there.
    pub fn open(data: &Path, clock: Clock) -> Result<Self> {
        let path = data.join(KEY_NAME);
        let secret = match fs::read(&path) {
            Ok(secret) => secret,
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => make_key(&path)?,
            Err(cause) => return Err(unusable(&path, &cause)),
        };
        if secret.len() != KEY_BYTES {
            return Err(Error::Unavailable(format!(
                "{} is damaged; delete it and start again (programs then have to log in again)",
                path.display()
            )));
        }
        Ok(Self::with_key(&secret, clock))
    }

    fn with_key(secret: &[u8], clock: Clock) -> Self {
        let mut places = Sha256::new();
        places.update(b"cellar places v1\0");
        places.update(secret);
        let keys = Keys {
            encoding: EncodingKey::from_secret(secret),
            decoding: DecodingKey::from_secret(secret),
            places: places.finalize().into(),
        };
        Self { keys: Arc::new(keys), clock }
    }

    /// A token for this session.
    pub fn sign(&self, session: &Session) -> Result<String> {
        let now = self.clock.now().millis() / 1000;
        let claims = Claims {
            sub: session.user_id,
            sid: session.id,
            seal: session.seal.clone(),
            iat: now,
            exp: now + ACCESS_TOKEN_LIFE_S,
            aud: AUDIENCE.into(),
            iss: ISSUER.into(),
        };
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &self.keys.encoding)
            .map_err(Error::internal)
    }

    /// Whom a token names, if it is ours and in force.
    pub(super) fn read(&self, token: &str) -> Option<Named> {
        let mut rules = Validation::new(Algorithm::HS256);
        rules.set_audience(&[AUDIENCE]);
        rules.set_issuer(&[ISSUER]);
        rules.set_required_spec_claims(&["exp", "aud", "iss", "sub"]);
        // Checked below, by our clock and to the second.
        rules.validate_exp = false;
        let claims = jsonwebtoken::decode::<Claims>(token, &self.keys.decoding, &rules).ok()?;
        let Claims { sub, sid, seal, iat, exp, .. } = claims.claims;
        let now = self.clock.now().millis() / 1000;
        let is_in_force = iat <= now && now < exp && exp - iat == ACCESS_TOKEN_LIFE_S;
        is_in_force.then_some(Named { session_id: sid, user_id: sub, seal })
    }

    /// The place that a network is.
    pub fn place_of(&self, network: std::net::IpAddr) -> Place {
        let mut digest = Sha256::new();
        digest.update(self.keys.places);
        digest.update(network.to_string());
        digest.finalize().into()
    }
}

fn make_key(path: &Path) -> Result<Vec<u8>> {
    let mut secret = vec![0; KEY_BYTES];
    getrandom::fill(&mut secret).map_err(Error::internal)?;
    // Whole or not at all: half a key would be taken for damage at the next start.
    let unfinished = path.with_extension("unfinished");
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&unfinished).map_err(|cause| unusable(path, &cause))?;
    file.write_all(&secret)
        .and_then(|()| file.sync_all())
        .and_then(|()| fs::rename(&unfinished, path))
        // The name is the folder's to keep.
        .and_then(|()| path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all()))
        .map_err(|cause| unusable(path, &cause))?;
    Ok(secret)
}

fn unusable(path: &Path, cause: &io::Error) -> Error {
    Error::Unavailable(format!("{} cannot be used: {cause}", path.display()))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::clock::Timestamp;
    use crate::id::RowId;

    const NOW_S: i64 = 1_795_000_000;
    const KEY: &[u8] = b"a key of thirty-two bytes, as is";

    fn tokens() -> (AccessTokens, Clock) {
        let clock = Clock::standing_at(Timestamp::from_millis(NOW_S * 1000));
        (AccessTokens::with_key(KEY, clock.clone()), clock)
    }

    fn claims() -> Value {
        let user = UserId::from_number(7).to_string();
        let session = SessionId::from_number(9).to_string();
        json!({
            "sub": user, "sid": session, "seal": "drawn", "iat": NOW_S, "exp": NOW_S + ACCESS_TOKEN_LIFE_S,
            "aud": "cellar-api", "iss": "cellar",
        })
    }

    fn signed(claims: &Value, algorithm: Algorithm, key: &[u8]) -> String {
        let key = EncodingKey::from_secret(key);
        jsonwebtoken::encode(&Header::new(algorithm), claims, &key).unwrap()
    }

    #[test]
    fn a_token_in_force_names_its_session_until_its_quarter_of_an_hour_is_over() {
        let (tokens, clock) = tokens();
        let token = signed(&claims(), Algorithm::HS256, KEY);
        let named = Some(Named {
            session_id: SessionId::from_number(9),
            user_id: UserId::from_number(7),
            seal: "drawn".into(),
        });
        assert_eq!(tokens.read(&token), named);
        clock.advance_s(ACCESS_TOKEN_LIFE_S - 1);
        assert_eq!(tokens.read(&token), named);
        clock.advance_s(1);
        assert_eq!(tokens.read(&token), None);
    }

    #[test]
    fn a_token_that_is_not_ours_to_the_letter_is_refused() {
        let (tokens, _) = tokens();
        let with = |name: &str, value: Value| {
            let mut claims = claims();
            claims[name] = value;
            signed(&claims, Algorithm::HS256, KEY)
        };
        let without = |name: &str| {
            let mut claims = claims();
            claims.as_object_mut().unwrap().remove(name);
            signed(&claims, Algorithm::HS256, KEY)
        };
        let whole = signed(&claims(), Algorithm::HS256, KEY);
        let mut parts = whole.split('.');
        let (_, body, signature) =
            (parts.next().unwrap(), parts.next().unwrap(), parts.next().unwrap());
        // {"alg":"none","typ":"JWT"}
        let none = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0";
        let forged = [
            format!("{none}.{body}."),
            format!("{none}.{body}.{signature}"),
            signed(&claims(), Algorithm::HS384, KEY),
            signed(&claims(), Algorithm::HS256, b"another key"),
            with("aud", json!("elsewhere")),
            with("iss", json!("somebody")),
            with("exp", json!(NOW_S)),
            with("exp", json!(NOW_S + 1_000_000)),
            with("iat", json!(NOW_S + 60)),
            with("sub", json!("usr_")),
            with("sid", json!(9)),
            without("sub"),
            without("sid"),
            without("seal"),
            without("exp"),
            without("iat"),
            without("aud"),
            without("iss"),
            whole[..whole.len() - 1].to_owned(),
            String::new(),
            "a.b.c".to_owned(),
        ];
        for token in forged {
            assert_eq!(tokens.read(&token), None, "{token}");
        }
    }

    #[test]
    fn the_key_is_made_once_for_this_user_alone() {
        let folder = tempfile::tempdir().unwrap();
        let clock = Clock::system();
        AccessTokens::open(folder.path(), clock.clone()).unwrap();
        let path = folder.path().join(KEY_NAME);
        let made = fs::read(&path).unwrap();
        AccessTokens::open(folder.path(), clock.clone()).unwrap();
        assert_eq!(fs::read(&path).unwrap(), made);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        fs::write(&path, "short").unwrap();
        let refused = AccessTokens::open(folder.path(), clock).err().unwrap().to_string();
        assert!(refused.contains("damaged"), "{refused}");
    }
}
