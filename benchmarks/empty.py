"""An MCP server without anything in it: what starting Python and the SDK costs by themselves."""

from mcp.server import MCPServer

if __name__ == "__main__":
    MCPServer("empty").run()
