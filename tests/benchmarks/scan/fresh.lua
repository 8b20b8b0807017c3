-- Asks for each line of a file once and for none twice; says at the end what came of it, as one line of JSON.
-- Arguments: file, width of a line without its end, line to begin at, what stands before and after a line in the path.

local lines, width, at, count, before, after
over = 0 -- no local: `done` reads it from the thread

function init(args)
  local file = assert(io.open(args[1], "rb"))
  lines = file:read("*a")
  file:close()
  width = tonumber(args[2])
  at = tonumber(args[3])
  count = math.floor(#lines / (width + 1))
  before = "GET " .. args[4]
  after = (args[5] or "") .. " HTTP/1.1\r\nHost: plates.test\r\n\r\n"
end

function request()
  if at >= count then
    at = 0
    over = over + 1
  end
  local start = at * (width + 1)
  at = at + 1
  return before .. string.sub(lines, start + 1, start + width) .. after
end

function setup(thread)
  running = thread
end

function done(summary, latency, requests)
  local wrong = summary.errors
  print(string.format(
    '{"requests": %d, "seconds": %.6f, "bytes": %d, "bad": %d, "lost": %d, "late": %d, "over": %d, ' ..
    '"p50_ms": %.3f, "p99_ms": %.3f, "worst_ms": %.3f}',
    summary.requests, summary.duration / 1e6, summary.bytes, wrong.status,
    wrong.connect + wrong.read + wrong.write, wrong.timeout, running:get("over"),
    latency:percentile(50) / 1000, latency:percentile(99) / 1000, latency.max / 1000
  ))
end
