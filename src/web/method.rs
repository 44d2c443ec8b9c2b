//! The method of a request is the one that it came with. Rocket lets a form name another one, and
//! a `POST` that was taken for a `HEAD` would be answered in a way that ends the connection.

use rocket::fairing::{Fairing, Info, Kind};
use rocket::http::Method;
use rocket::{Data, Request, async_trait};

/// How a form begins that names a method.
const OVERRIDE: &[u8] = b"_method=";

/// Gives requests their own method back; attached before whatever looks at it.
pub struct OwnMethod;

#[async_trait]
impl Fairing for OwnMethod {
    fn info(&self) -> Info {
        Info { name: "own method", kind: Kind::Request }
    }

    async fn on_request(&self, request: &mut Request<'_>, data: &mut Data<'_>) {
        let is_form = request.content_type().is_some_and(|kind| kind.is_form());
        // Rocket has looked at these bytes already, so nobody is waited for. It turns `POST` alone
        // into something else.
        if is_form && data.peek(OVERRIDE.len()).await == OVERRIDE {
            request.set_method(Method::Post);
        }
    }
}
