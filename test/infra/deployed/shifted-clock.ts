// Loaded before the feed: its clock began at another instant, so that a market that was recorded goes on under it.
const wallNow = Date.now;
const aheadMs = Number(process.env.SHIFTED_CLOCK_MS);
Date.now = () => wallNow() + aheadMs;
