// The window's title, and the heading with the way back.

import type { ComponentChildren, JSX } from 'preact';
import { useEffect } from 'preact/hooks';

import { Icon } from '../ui/icons';

export function useTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · Heddle`;
  }, [title]);
}

interface HeadingProps {
  trail?: { text: string; href: string }[];
  title: ComponentChildren;
  children?: ComponentChildren; // beside the title: state, actions
}

export function Heading({ trail = [], title, children }: HeadingProps): JSX.Element {
  return (
    <div class="heading">
      {trail.length > 0 && (
        <nav class="trail" aria-label="Where this page is">
          {trail.map(({ text, href }) => (
            <span key={href}>
              <a href={href}>
                <bdi>{text}</bdi>
              </a>
              <Icon name="right" />
            </span>
          ))}
        </nav>
      )}
      <div class="heading-line">
        <h1>{title}</h1>
        {children}
      </div>
    </div>
  );
}
