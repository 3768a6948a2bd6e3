// The main job by the SDK of TypeScript: an inbox, a code that comes, a thread read, a mail written.
// usage: node main_job.mjs v1|legacy|modern URL KEY; reads one line when the mail is on its way.
import { createInterface } from "node:readline";

const [, , era, url, key] = process.argv;
const options = { requestInit: { headers: { Authorization: `Bearer ${key}` } } };
const info = { name: "main-job", version: "1" };

async function connected() {
    if (era === "v1") {
        const { Client } = await import("@modelcontextprotocol/sdk/client/index.js");
        const { StreamableHTTPClientTransport } = await import("@modelcontextprotocol/sdk/client/streamableHttp.js");
        const client = new Client(info);
        await client.connect(new StreamableHTTPClientTransport(new URL(url), options));
        return client;
    }
    const { Client, StreamableHTTPClientTransport } = await import("@modelcontextprotocol/client");
    const mode = era === "modern" ? { pin: "2026-07-28" } : "legacy";
    const client = new Client(info, { versionNegotiation: { mode } });
    await client.connect(new StreamableHTTPClientTransport(new URL(url), options));
    return client;
}

const client = await connected();
const call = async (name, args) => {
    const result = await client.callTool({ name, arguments: args });
    if (result.isError) throw new Error(result.content[0].text);
    return result.structuredContent;
};
const { tools } = await client.listTools();
const { address } = await call("create_inbox", { label: "from TypeScript" });
console.log(JSON.stringify({ tools: tools.length, address }));
for await (const line of createInterface({ input: process.stdin })) {
    if (line) break;
}
const found = await call("wait_for_otp", { inbox: address, timeout: 45 });
const read = await call("read_thread", { thread: found.thread });
const sent = await call("send", { inbox: address, to: [address], subject: "Done", body: "The code came." });
console.log(JSON.stringify({ code: found.code, count: read.count, sent: sent.status }));
await client.close();
process.exit(0);
