import { render } from 'preact-render-to-string';
import type { VNode } from 'preact';

const colours: Readonly<Record<string, string>> = {
  up: '#1a7f37',
  started: '#1a7f37',
  late: '#9a6700',
  down: '#cf222e',
  stuck: '#cf222e',
};
const CHARACTER = 7;

function Badge({ health }: { readonly health: string }): VNode {
  const width = 44 + health.length * CHARACTER + 16;
  return (
    <svg xmlns="http://www.w3.org/2000/svg" width={width} height="20" role="img" aria-label={`agent: ${health}`}>
      <title>{`agent: ${health}`}</title>
      <rect width="44" height="20" fill="#444" />
      <rect x="44" width={width - 44} height="20" fill={colours[health] ?? '#6e7781'} />
      <g fill="#fff" font-family="Verdana,sans-serif" font-size="11">
        <text x="6" y="14">
          agent
        </text>
        <text x="52" y="14">
          {health}
        </text>
      </g>
    </svg>
  );
}

/** An agent's health as a picture: for a page that anybody may see, so nothing but the word. */
export const badgeSvg = (health: string): string => render(<Badge health={health} />);
