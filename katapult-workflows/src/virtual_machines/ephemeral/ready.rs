//! Checks that a machine is ready for its job.

use std::fmt;
use std::net::IpAddr;
use std::pin::Pin;
use std::time::Duration;

use katapult_core::types::VirtualMachine;
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

use crate::error::WorkflowError;

/// The delay between two checks.
// A guest needs some ten seconds from its start to its first service.
const INTERVAL: Duration = Duration::from_secs(2);
/// The timeout of a connection.
// Longer than the first retransmission of TCP, 1 s.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

type CheckFuture = Pin<Box<dyn Future<Output = bool> + Send>>;

/// A condition that a machine meets when it is ready.
pub(super) struct ReadyCheck {
    description: String,
    check: Box<dyn Fn(VirtualMachine) -> CheckFuture + Send + Sync>,
}

impl ReadyCheck {
    pub(super) fn new<F>(
        description: String,
        check: impl Fn(VirtualMachine) -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = bool> + Send + 'static,
    {
        Self {
            description,
            check: Box::new(move |machine| Box::pin(check(machine))),
        }
    }

    /// A check that one of the machine's addresses accepts a TCP connection on this port.
    pub(super) fn port(port: u16) -> Self {
        let description = format!("TCP port {port} is open");
        Self::new(description, move |machine| async move {
            let addresses = machine.ip_addresses.into_iter().flatten();
            let mut addresses = addresses.filter_map(|ip| ip.address?.parse().ok());
            loop {
                match addresses.next() {
                    Some(address) if is_open(address, port).await => return true,
                    Some(_) => {}
                    None => return false,
                }
            }
        })
    }
}

impl fmt::Debug for ReadyCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.description)
    }
}

async fn is_open(address: IpAddr, port: u16) -> bool {
    let connection = timeout(CONNECT_TIMEOUT, TcpStream::connect((address, port))).await;
    matches!(connection, Ok(Ok(_)))
}

/// Waits until the machine passes all checks, in order.
pub(super) async fn wait_until_ready(
    checks: &[ReadyCheck],
    machine: &VirtualMachine,
    limit: Duration,
) -> Result<(), WorkflowError> {
    let mut waiting_for = "";
    let passed = async {
        for check in checks {
            waiting_for = &check.description;
            while !(check.check)(machine.clone()).await {
                sleep(INTERVAL).await;
            }
        }
    };
    match timeout(limit, passed).await {
        Ok(()) => Ok(()),
        Err(_) => Err(WorkflowError::TimedOut {
            description: format!("waiting until {waiting_for}"),
            elapsed: limit,
            error: None,
        }),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    use katapult_core::serde_json::from_str;
    use tokio::net::TcpListener;

    use super::*;

    fn machine(addresses: &str) -> VirtualMachine {
        from_str(&format!(r#"{{"id":"vm_1","ip_addresses":[{addresses}]}}"#)).unwrap()
    }

    #[tokio::test]
    async fn port_check_passes_when_one_of_the_addresses_accepts_connections() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let check = ReadyCheck::port(port);
        let open = machine(
            r#"{"id":"ip_0","address":"no address"},{"id":"ip_1"},{"id":"ip_2","address":"127.0.0.1"}"#,
        );
        assert!((check.check)(open.clone()).await);
        assert!(!(check.check)(machine("")).await);
        drop(listener);
        assert!(!(check.check)(open).await);
    }

    #[tokio::test(start_paused = true)]
    async fn checks_are_repeated_in_order_until_they_pass_or_the_time_is_over() {
        let count = Arc::new(AtomicU32::new(0));
        let counter = Arc::clone(&count);
        let third = ReadyCheck::new("the third check passes".into(), move |_| {
            let number = counter.fetch_add(1, Ordering::Relaxed);
            async move { number >= 2 }
        });
        let never = ReadyCheck::new("it never passes".into(), |_| async { false });
        let checks = [third, never];
        let limit = Duration::from_secs(60);
        wait_until_ready(&checks[..1], &machine(""), limit)
            .await
            .unwrap();
        assert_eq!(count.load(Ordering::Relaxed), 3);
        let error = wait_until_ready(&checks, &machine(""), limit)
            .await
            .unwrap_err();
        assert_eq!(
            error.to_string(),
            "timed out after 60s; last state: waiting until it never passes"
        );
    }
}
