// Before anything is painted: a choice that was made by the switch holds against the system's.
try {
  const chosen = localStorage.getItem('streamagg-theme');
  if (chosen) document.documentElement.dataset.theme = chosen;
} catch {
  // Without storage the system's choice stands.
}
