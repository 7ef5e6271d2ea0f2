//! What runs in the background as long as the process does: watched, begun again when it dies, and told of by readiness. A
//! server whose relay or worker is dead would look well, and nothing would arrive.

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::kernel::{Error, Result};

/// The pause before a task that died is begun again; doubled each time it dies soon.
const FIRST: Duration = Duration::from_secs(1);
/// Longest pause.
const LONGEST: Duration = Duration::from_secs(30);
/// A task that ran for so long did not die soon.
const LONG: Duration = Duration::from_secs(60);

/// The background tasks of a process.
#[derive(Clone, Debug, Default)]
pub struct Tasks(Arc<Mutex<BTreeMap<&'static str, bool>>>);

impl Tasks {
    /// Runs a task, and begins it anew whenever it panics, fails or ends before it was told to. It is told so by `stop`, which
    /// it must heed itself.
    pub fn spawn<F>(
        &self,
        name: &'static str,
        stop: watch::Receiver<bool>,
        begin: impl FnMut() -> F + Send + 'static,
    ) -> JoinHandle<()>
    where
        F: Future<Output = Result<()>> + Send + 'static,
    {
        self.set(name, true);
        tokio::spawn(self.clone().keep(name, stop, begin, FIRST))
    }

    async fn keep<F>(
        self,
        name: &'static str,
        mut stop: watch::Receiver<bool>,
        mut begin: impl FnMut() -> F + Send,
        first: Duration,
    ) where
        F: Future<Output = Result<()>> + Send,
    {
        let mut pause = first;
        loop {
            let began = Instant::now();
            let ended = AssertUnwindSafe(async { begin().await }).catch_unwind().await;
            if *stop.borrow() || stop.has_changed().is_err() {
                self.state().remove(name);
                return;
            }
            self.set(name, false);
            metrics::counter!("cabina_task_deaths_total", "task" => name).increment(1);
            if began.elapsed() >= LONG {
                pause = first;
            }
            let why = why(ended);
            tracing::error!(task = name, why, ?pause, "a background task died; it is begun anew");
            let stops = stop.wait_for(|stops| *stops);
            if tokio::time::timeout(pause, stops).await.is_ok() {
                self.state().remove(name);
                return;
            }
            pause = (pause * 2).min(LONGEST);
            self.set(name, true);
        }
    }

    /// The tasks that died and were not begun again yet, by name.
    pub fn down(&self) -> Vec<&'static str> {
        self.state().iter().filter(|(_, runs)| !**runs).map(|(name, _)| *name).collect()
    }

    /// All tasks, by name.
    pub fn names(&self) -> Vec<&'static str> {
        self.state().keys().copied().collect()
    }

    fn set(&self, name: &'static str, runs: bool) {
        self.state().insert(name, runs);
        metrics::gauge!("cabina_task_runs", "task" => name).set(f64::from(u8::from(runs)));
    }

    fn state(&self) -> MutexGuard<'_, BTreeMap<&'static str, bool>> {
        // Whoever panicked while holding it left it whole: each change is one call.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Why a task ended.
fn why(ended: std::thread::Result<Result<()>>) -> String {
    match ended {
        Ok(Ok(())) => "it ended".to_owned(),
        Ok(Err(error)) => Error::for_terminal(&error),
        Err(panic) => {
            let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
            let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
            format!("it panicked: {}", text.unwrap_or_default())
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc;

    use super::*;

    #[tokio::test]
    async fn what_dies_is_begun_anew_until_it_is_told_to_stop() {
        let tasks = Tasks::default();
        let (tell, told) = watch::channel(false);
        let (begins, mut begun) = mpsc::unbounded_channel();
        let (heeds, own, mut time) = (told.clone(), tasks.clone(), 0);
        let begin = move || {
            time += 1;
            let _ = begins.send((time, own.down()));
            let (time, mut heeds) = (time, heeds.clone());
            async move {
                match time {
                    1 => panic!("it breaks"),
                    2 => Err(Error::internal("it fails")),
                    3 => Ok(()),
                    _ => {
                        let _ = heeds.wait_for(|stops| *stops).await;
                        Ok(())
                    }
                }
            }
        };
        let task = tokio::spawn(tasks.clone().keep("test", told, begin, Duration::from_millis(1)));
        for time in 1..=4 {
            assert_eq!(begun.recv().await, Some((time, vec![])), "it runs when it is begun");
        }
        tell.send_replace(true);
        task.await.expect("ended");
        assert_eq!((begun.recv().await, tasks.names()), (None, vec![]), "told to stop, it ends for good");
    }

    #[tokio::test]
    async fn what_is_dead_is_told_of_and_is_told_to_stop_meanwhile() {
        let tasks = Tasks::default();
        let (tell, told) = watch::channel(false);
        let dies = async || Err(Error::internal("it fails"));
        let task = tokio::spawn(tasks.clone().keep("test", told, dies, LONGEST));
        while tasks.down() != ["test"] {
            tokio::task::yield_now().await;
        }
        tell.send_replace(true);
        task.await.expect("ended at once");
        assert_eq!(tasks.down(), Vec::<&str>::new());
    }
}
