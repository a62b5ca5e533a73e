//! Keeps each wanted notice once, leases it, adds every attempt to the ledger.
