// Says before the first paint that scripts run, so that the style sheet can show what needs them.
document.documentElement.classList.add("scripted");
