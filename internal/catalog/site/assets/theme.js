// The reader's choice between light and dark, before anything is drawn.
try {
  var theme = localStorage.getItem("harrier-theme");
  if (theme === "dark" || theme === "light") document.documentElement.style.colorScheme = theme;
} catch (e) { /* storage may be closed to pages from the file system */ }
