// Here the system can remind of something, so that 我的 offers it.
window.gridwalk.reminds = true;
