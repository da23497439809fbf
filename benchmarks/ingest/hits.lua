-- Asks for the paths of a file in turn; DELAY is a mean of milliseconds between an answer and the next request.
local requests, count, at = {}, 0, 0
local pause = tonumber(os.getenv("DELAY") or "0")

function init(args)
  math.randomseed(os.time())
  for path in io.lines(os.getenv("PATHS")) do
    count = count + 1
    requests[count] = wrk.format("GET", path)
  end
end

function request()
  at = at + 1
  return requests[(at - 1) % count + 1]
end

if pause > 0 then
  function delay()
    return math.random(0, 2 * pause)
  end
end

function done(summary, latency, requests)
  local e = summary.errors
  io.write(string.format("FOUND %d %d %d %d %d\n", summary.requests, summary.duration,
    e.connect + e.read + e.write + e.status + e.timeout, latency:percentile(50), latency:percentile(99)))
end
