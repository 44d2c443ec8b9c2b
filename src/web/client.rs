//! Where a request comes from: the peer of the connection, or what a trusted proxy says of it.

use std::net::IpAddr;

use ipnet::IpNet;
use rocket::Request;

/// Networks whose `X-Forwarded-For` is believed; everyone else's is ignored.
#[derive(Debug, Clone, Default)]
pub struct TrustedProxies(pub Vec<IpNet>);

impl TrustedProxies {
    fn trusts(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address))
    }

    /// The client's address: the last one in the chain that no trusted proxy vouches for.
    pub fn client_of(&self, request: &Request<'_>) -> Option<IpAddr> {
        let peer = request.remote()?.ip().to_canonical();
        if !self.trusts(peer) {
            return Some(peer);
        }
        let mut client = peer;
        let forwarded: Vec<&str> = request.headers().get("X-Forwarded-For").collect();
        let hops = forwarded.iter().flat_map(|line| line.split(',')).map(str::trim);
        for hop in hops.rev() {
            let Ok(address) = hop.parse::<IpAddr>() else { break };
            client = address.to_canonical();
            if !self.trusts(client) {
                break;
            }
        }
        Some(client)
    }
}
